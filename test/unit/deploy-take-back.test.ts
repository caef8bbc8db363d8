/**
 * A boot loader that was told gets its old line back where a later step fails: every command on the board fails in turn, on a board
 * whose boot loader is a text that decides what boots.
 */
import test from 'ava';
import { apply, type DeployOutcome } from '../../src/deploy/apply.ts';
import type { Deployment, DeployStep } from '../../src/deploy/deployment.ts';
import { loaderOf } from '../../src/deploy/loaders/index.ts';
import type { LoaderKind } from '../../src/deploy/loaders/loader.ts';
import type { Command, Device, Outcome } from '../../src/device/device.ts';
import { type Diagnostic, Failure } from '../../src/diagnostics/diagnostic.ts';

const words = { root: '/dev/b', init: '/sbin/overlay_init' };
const froms: Readonly<Partial<Record<LoaderKind, string>>> = {
  extlinux: 'label a\n  append root=/dev/a init=/sbin/overlay_init\n',
  'grub-d': '',
  'u-boot':
    'bootargs=root=/dev/a init=/sbin/overlay_init\nbootlimit=3\naltbootcmd=run old\nupgrade_available=0\nbootcount=0\n',
};

interface Trouble {
  /** The command with this number fails. */
  readonly nth?: number;
  /** On which rung the new system comes up. */
  readonly rung?: string;
  /** The boot loader went back by itself. */
  readonly wentBack?: boolean;
}

/** A board whose system is the one that its boot loader's configuration says when it starts. */
class LoaderBoard {
  readonly #kind: LoaderKind;
  readonly #trouble: Trouble;
  text: string;
  commands = 0;
  boots = 0;
  runs: 'old' | 'new' = 'old';

  constructor(kind: LoaderKind, trouble: Trouble) {
    this.#kind = kind;
    this.#trouble = trouble;
    this.text = froms[kind] ?? '';
  }

  get device(): Device {
    return {
      name: 'pole',
      lost: new Promise(() => {}),
      expectReboot: () => {},
      reconnect: async () => {
        this.boots += 1;
        const root = loaderOf(this.#kind).read(this.text, 'root');
        this.runs = root === '/dev/b' && this.#trouble.wentBack !== true ? 'new' : 'old';
      },
      close: async () => {},
      run: async (command, options = {}) => {
        this.commands += 1;
        const isBroken = this.commands === this.#trouble.nth;
        const stdin = options.stdin instanceof Uint8Array ? Buffer.from(options.stdin).toString() : '';
        const stdout = isBroken ? undefined : this.#answer(command, stdin);
        return {
          ending: { kind: 'exited', code: stdout === undefined ? 1 : 0 },
          stdout: Buffer.from(stdout ?? ''),
          stderr: Buffer.from(isBroken ? 'broken\n' : ''),
        } satisfies Outcome;
      },
    };
  }

  /** What a command prints; undefined where it fails. */
  #answer(command: Command, stdin: string): string | undefined {
    if (command.kind === 'program') return this.#program(...command.words);
    const verb = /deploy_(\w+) "\$@"\n$/.exec(command.text)?.[1];
    if (verb === 'look') return this.#look();
    if (verb === 'replace') this.text = stdin;
    if (verb === 'runs_from') return this.runs === 'new' ? 'yes\n' : '';
    return '';
  }

  #program(name: string, ...rest: readonly string[]): string | undefined {
    // Under /rom there is no such file: it lies on a mount of its own.
    if (name === 'cat') return rest[0]?.startsWith('/rom/') ? undefined : this.text;
    if (name === 'fw_printenv') return this.text;
    if (name === 'fw_setenv') this.#set(...(rest as readonly [string, string?]));
    return '';
  }

  #set(name: string, value?: string): void {
    const others = this.text.split('\n').filter((line) => line !== '' && !line.startsWith(`${name}=`));
    const all = value === undefined ? others : [...others, `${name}=${value}`];
    this.text = `${all.join('\n')}\n`;
  }

  #look(): string {
    const plan = this.runs === 'new' ? 'd1' : 'd0';
    const rung = this.runs === 'new' ? (this.#trouble.rung ?? 'persistent') : 'persistent';
    return `status {"plan":"${plan}","rung":"${rung}"}\nboot ${this.boots}\nef\ntree\nend\n`;
  }
}

function deploymentOf(kind: LoaderKind): Deployment {
  const from = froms[kind] ?? '';
  const edited = loaderOf(kind).edit(from, words);
  if ('problem' in edited) throw new Error(edited.problem);
  const slot = { kind: 'block', device: '/dev/b', bytes: 1024 } as const;
  const path = kind === 'u-boot' ? 'fw_setenv' : '/boot/loader.conf';
  const steps: readonly DeployStep[] = [
    { kind: 'edit-loader', loader: kind, path, from, to: edited.text },
    { kind: 'reboot', waitMs: 1000 },
    {
      kind: 'confirm',
      planDigest: 'd1',
      rung: 'persistent',
      slot,
      ...(kind === 'u-boot' ? { counting: { loader: kind, path } } : {}),
    },
  ];
  return {
    schema: 'overlaykit.deployment/1',
    board: 'pole',
    way: 'root-image',
    root: '',
    rootReadOnly: false,
    release: '',
    planDigest: 'd1',
    steps,
    present: 'absent',
  };
}

async function outcomeOf(kind: LoaderKind, device: Device): Promise<DeployOutcome | Diagnostic | undefined> {
  try {
    for await (const event of apply(deploymentOf(kind), device, { files: [] }))
      if (event.kind === 'finished') return event.outcome;
  } catch (error) {
    if (error instanceof Failure) return error.diagnostics[0];
    throw error;
  }
  return undefined;
}

/** Lines without an order, as a U-Boot environment has them. */
const lines = (text: string): readonly string[] => text.split('\n').toSorted();

for (const kind of Object.keys(froms) as LoaderKind[]) {
  const from = froms[kind] ?? '';
  test(`${kind}: whichever command fails, the boot loader says what the last word says`, async (t) => {
    const good = new LoaderBoard(kind, {});
    t.is(await outcomeOf(kind, good.device), 'confirmed');
    const states: Record<string, number> = {};
    for (let nth = 1; nth <= good.commands; nth++) {
      const board = new LoaderBoard(kind, { nth });
      const outcome = await outcomeOf(kind, board.device);
      // A helper that is not found to be there confirms by time.
      if (outcome === 'confirmed') continue;
      if (typeof outcome !== 'object') throw new Error(`${nth}: no outcome`);
      const { code, boardState } = outcome;
      states[`${code} ${boardState}`] = (states[`${code} ${boardState}`] ?? 0) + 1;
      if (boardState === 'unknown') t.true(board.boots > 0, `${nth}: ${code} before the restart`);
      else t.deepEqual(lines(board.text), lines(from), `${nth}: ${code} ${boardState}`);
      if (boardState === 'rolled back') t.is(board.runs, 'old');
    }
    t.true((states['OVL706 rolled back'] ?? 0) >= 2, JSON.stringify(states));
  });

  test(`${kind}: a board that comes up badly is told its old line, and restarted`, async (t) => {
    const board = new LoaderBoard(kind, { rung: 'tmpfs' });
    t.like(await outcomeOf(kind, board.device), { code: 'OVL702', boardState: 'rolled back' });
    t.deepEqual([board.boots, board.runs], [2, 'old']);
    t.deepEqual(lines(board.text), lines(from));
  });

  test(`${kind}: a board that has gone back by itself is told its old line, and not restarted`, async (t) => {
    const board = new LoaderBoard(kind, { wentBack: true });
    t.like(await outcomeOf(kind, board.device), { code: 'OVL702', boardState: 'rolled back' });
    t.is(board.boots, 1);
    t.deepEqual(lines(board.text), lines(from));
  });
}

test('what U-Boot counts is taken back before anything is confirmed', async (t) => {
  const board = new LoaderBoard('u-boot', {});
  const calls: string[] = [];
  const { device } = board;
  const noted: Device = {
    ...device,
    run: async (command, options) => {
      calls.push(command.words.join(' '));
      return device.run(command, options);
    },
  };
  t.is(await outcomeOf('u-boot', noted), 'confirmed');
  t.true(lines(board.text).includes('upgrade_available=0'));
  t.true(calls.indexOf('fw_setenv upgrade_available 0') > calls.indexOf('fw_setenv upgrade_available 1'));
  t.true(
    calls.indexOf('fw_setenv upgrade_available 0') < calls.indexOf('/sbin/overlay_helper confirm'),
    calls.join('\n'),
  );
});
