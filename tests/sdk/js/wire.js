// The `fetch` beneath an SDK: writes down what really went over the wire.

export class Wire {
  /** The requests sent, repeated ones included. */
  sent = 0;
  /** The answers, oldest first. */
  answers = [];

  fetch = async (url, init) => {
    this.sent += 1;
    const answer = await fetch(url, init);
    this.answers.push(answer);
    return answer;
  };

  /** The `x-request-id` of the newest answer. */
  get lastRequestId() {
    return this.answers.at(-1).headers.get('x-request-id');
  }
}
