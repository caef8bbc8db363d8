/** What overlay_init says on a board's console, passed on as it comes. */
import { account, type Boot } from '../../lab/index.ts';

/** How often the console is looked at, in milliseconds: often enough for a person, and next to nothing for a processor. */
const every = 100;

export interface Following {
  /** Passes on the rest and stops; returns all lines. */
  stop(): readonly string[];
}

export function followAccount(boot: Boot, line: (text: string) => void): Following {
  let passed = 0;
  const pass = (): readonly string[] => {
    // The last line may still be growing.
    const whole = account(boot.console.slice(0, boot.console.lastIndexOf('\n') + 1));
    for (const text of whole.slice(passed)) line(text);
    passed = whole.length;
    return whole;
  };
  const timer = setInterval(pass, every);
  const following = {
    stop: () => {
      clearInterval(timer);
      return pass();
    },
  };
  // A board that ends on its own is followed to its last word, and then no longer.
  void boot.exited.then(following.stop);
  return following;
}
