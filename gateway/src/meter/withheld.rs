//! Where the end of a stream waits until its charge is settled, and where the comment about that
//! charge goes: before the last event.

use std::mem;
use std::ops::Range;

use bytes::Bytes;

use super::outgoing::Outgoing;

/// The end of a stream, on its way to the client.
#[derive(Debug)]
pub(super) struct Withheld {
    state: State,
    comment: Comment,
}

#[derive(Debug)]
enum State {
    /// All passes.
    Open,
    /// All waits.
    Waiting(Vec<u8>),
    /// All passes, from here on.
    Released,
}

#[derive(Debug)]
enum Comment {
    /// What it says is not known, nor where it goes.
    Unknown,
    /// What it says is not known, but it goes here in what waits.
    GoesTo(usize),
    /// It goes before the last event, which is yet to come.
    Due(String),
    /// It went, or there is no place for it.
    Gone,
}

impl Withheld {
    pub(super) fn new() -> Self {
        Self { state: State::Open, comment: Comment::Unknown }
    }

    /// From here on all waits.
    pub(super) fn begin(&mut self) {
        if let State::Open = self.state {
            self.state = State::Waiting(Vec::new());
        }
    }

    /// Bytes from elsewhere.
    pub(super) fn pass(&mut self, bytes: &[u8], out: &mut Outgoing<'_>) {
        match &mut self.state {
            State::Waiting(waiting) => waiting.extend_from_slice(bytes),
            State::Open | State::Released => out.push(bytes),
        }
    }

    /// A piece of the chunk.
    pub(super) fn pass_slice(&mut self, slice: Range<usize>, out: &mut Outgoing<'_>) {
        match &mut self.state {
            State::Waiting(waiting) => waiting.extend_from_slice(&out.chunk()[slice]),
            State::Open | State::Released => out.push_slice(slice),
        }
    }

    /// Whether the last event is yet to come.
    pub(super) fn is_before_last(&self) -> bool {
        matches!(self.comment, Comment::Unknown | Comment::Due(_))
    }

    /// What passes next is the last event, or there is no next: the comment goes here.
    pub(super) fn before_last(&mut self, out: &mut Outgoing<'_>) {
        let waiting = match &self.state {
            State::Waiting(waiting) => waiting.len(),
            State::Open | State::Released => 0,
        };
        self.comment = match mem::replace(&mut self.comment, Comment::Gone) {
            Comment::Unknown => Comment::GoesTo(waiting),
            Comment::Due(comment) => {
                out.push(comment.as_bytes());
                Comment::Gone
            }
            Comment::GoesTo(place) => Comment::GoesTo(place),
            Comment::Gone => Comment::Gone,
        };
    }

    /// The stream ended in the middle of a line: there is no place for a comment.
    pub(super) fn leave_comment_out(&mut self) {
        if self.is_before_last() {
            self.comment = Comment::Gone;
        }
    }

    /// Lets go what waits, with the comment if its place is in there.
    pub(super) fn release(&mut self, comment: &str) -> Bytes {
        let State::Waiting(mut waiting) = mem::replace(&mut self.state, State::Released) else {
            return Bytes::new();
        };
        self.comment = match mem::replace(&mut self.comment, Comment::Gone) {
            Comment::Unknown => Comment::Due(comment.to_owned()),
            Comment::GoesTo(place) => {
                waiting.splice(place..place, comment.bytes());
                Comment::Gone
            }
            Comment::Due(earlier) => Comment::Due(earlier),
            Comment::Gone => Comment::Gone,
        };
        Bytes::from(waiting)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passed(end: &mut Withheld, bytes: &'static str) -> Bytes {
        let chunk = Bytes::from(bytes);
        let mut out = Outgoing::of(&chunk);
        end.pass_slice(0..chunk.len(), &mut out);
        out.into_bytes()
    }

    fn comment_goes_here(end: &mut Withheld) -> Bytes {
        let chunk = Bytes::new();
        let mut out = Outgoing::of(&chunk);
        end.before_last(&mut out);
        out.into_bytes()
    }

    #[test]
    fn what_comes_once_it_has_begun_waits_for_the_release() {
        let mut end = Withheld::new();
        assert_eq!(passed(&mut end, "a"), "a");
        end.begin();
        assert_eq!(passed(&mut end, "b"), "");
        assert_eq!(comment_goes_here(&mut end), "");
        assert_eq!(passed(&mut end, "c"), "");
        assert_eq!(end.release("!"), "b!c");
        assert_eq!(passed(&mut end, "d"), "d");
        assert_eq!(end.release("!"), "");
    }

    #[test]
    fn a_comment_whose_place_comes_after_the_release_waits_for_it() {
        let mut end = Withheld::new();
        end.begin();
        assert_eq!(end.release("!"), "");
        assert!(end.is_before_last());
        assert_eq!(passed(&mut end, "a"), "a");
        assert_eq!(comment_goes_here(&mut end), "!");
        assert!(!end.is_before_last());
        assert_eq!(comment_goes_here(&mut end), "");
    }

    #[test]
    fn before_it_has_begun_there_is_nothing_to_release() {
        let mut end = Withheld::new();
        assert_eq!(end.release("!"), "");
    }

    #[test]
    fn a_comment_without_a_place_is_left_out() {
        let mut end = Withheld::new();
        end.begin();
        end.leave_comment_out();
        assert_eq!(comment_goes_here(&mut end), "");
        assert_eq!(end.release("!"), "");
    }
}
