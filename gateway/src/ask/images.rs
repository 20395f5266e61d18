//! `/v1/images/generations`.

use serde::de::MapAccess;

use super::object::{Fields, Findings};
use super::scalars::Scalars;
use super::{Asked, ImageAsked, Invalid, read};

/// The most images in one call, as the provider has it.
const MOST_IMAGES: u64 = 10;

pub(super) fn inspect(body: &str) -> Result<Asked, Invalid> {
    let mut call = Images { scalars: Scalars::of(body), findings: Findings::default() };
    read(body, &mut call)?;
    let scalars = call.scalars;

    scalars.only("service_tier", &["auto", "default"])?;
    scalars.only("output_format", &["png", "jpeg", "webp"])?;
    scalars.unpriced("frame_count", "frames are billed apart")?;
    scalars.unpriced("complexity", "vector images are billed apart")?;
    if scalars.flag("stream")? == Some(true) {
        let message = "`stream` has no price for images: partial images are billed apart";
        return Err(Invalid::unpriced("stream", message));
    }
    let owned = |name| scalars.text(name).map(|text| text.map(std::borrow::Cow::into_owned));
    Ok(Asked {
        model: scalars.model()?,
        choices: 1,
        image: ImageAsked {
            size: owned("size")?,
            quality: owned("quality")?,
            count: scalars.whole("n", 1..=MOST_IMAGES)?.unwrap_or(1),
        },
        ..Asked::default()
    })
}

/// The body.
struct Images<'a> {
    scalars: Scalars<'a>,
    findings: Findings,
}

impl<'a> Fields<'a> for Images<'a> {
    const NAMES: &'static [&'static str] = &[
        "model",
        "n",
        "size",
        "quality",
        "stream",
        "service_tier",
        "output_format",
        "frame_count",
        "complexity",
    ];

    fn read<A: MapAccess<'a>>(
        &mut self,
        name: &'static str,
        value: &mut A,
    ) -> Result<(), A::Error> {
        self.scalars.keep(name, value)
    }

    fn findings(&mut self) -> &mut Findings {
        &mut self.findings
    }
}
