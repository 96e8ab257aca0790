/**
 * Keeps what a silo saw before it answered an action from being shown after the answer. What arrives within `span` milliseconds of an answer about
 * the same thing waits for the rest of that time, and only the newest of it is taken; what arrived before the answer is never taken.
 *
 * @param span Milliseconds in which what is older than an answer has arrived.
 * @param take Takes what has waited.
 * @param clock `now()` in milliseconds, and `later(run, milliseconds)`.
 */
export function settling(span, take, clock = { now: () => Date.now(), later: (run, wait) => setTimeout(run, wait) }) {
  const answers = new Map();
  return {
    /** Notes that an answer about a thing is known. */
    answer(key) {
      answers.set(key, { until: clock.now() + span, newest: undefined });
    },

    /** Whether what arrived about a thing waits; when not, the caller takes it. */
    holds(key, arrived) {
      const answer = answers.get(key);
      if (!answer) {
        return false;
      }
      const wait = answer.until - clock.now();
      if (wait <= 0) {
        answers.delete(key);
        return false;
      }
      if (answer.newest === undefined) {
        clock.later(() => {
          // A later answer has its own.
          if (answers.get(key) === answer) {
            answers.delete(key);
            take(answer.newest);
          }
        }, wait);
      }
      answer.newest = arrived;
      return true;
    },
  };
}
