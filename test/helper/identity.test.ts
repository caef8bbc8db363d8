/** What the helper stores of a board's identity, on a real kernel, and what power cuts leave of it. */
import test from 'ava';
import { runBoard } from '../../src/helper/board-verbs.ts';
import type { State } from '../../src/shared/state.ts';
import { firstState } from '../support/first-state.ts';
import { onHelperBoard } from '../support/helper-programs.ts';
import type { CutMode, ModelStorageOptions } from '../support/model-options.ts';
import { ModelStorage, PowerCut } from '../support/model-storage.ts';
import type { Tree } from '../support/model-tree.ts';
import { type Kind, kinds } from '../support/native-calls.ts';
import { testAsRoot } from '../support/needs.ts';
import { type RunningBoardOptions, usualStatus } from '../support/running-board.ts';

const line = (change: Partial<State> = {}): string => firstState({ attempts: 1, next: 9, ...change });

const plan = {
  reset: { keep: [] },
  identity: [
    { path: '/etc/dropbear', policy: 'keep' },
    { path: '/etc/id', policy: 'keep' },
    { path: '/etc/ssl/device.crt', policy: 'provisioned' },
  ],
};

const board = (kind: Kind, options: Omit<RunningBoardOptions, 'helper'>) =>
  onHelperBoard(kind, { state: line(), plan, ...options });

const upper = `echo 'generation 1 end' >/overlay/overlaykit/identity.generation
cd /overlay/generations/1/upper; mkdir -m 711 etc; mkdir -m 700 etc/dropbear; echo rsa >etc/dropbear/key; chmod 600 etc/dropbear/key
echo x >etc/dropbear/.dot; ln -s /nowhere etc/dropbear/link; setfattr -n user.note -v kept etc/dropbear/key; mknod etc/id c 0 0; cd /`;

for (const kind of kinds) {
  testAsRoot(
    `${kind}: a confirmed boot stores the identity once, with its attributes, where nobody else reads it`,
    async (t) => {
      const { stdout, stderr } = await board(kind, {
        storage: 'ext4',
        before: upper,
        script: `/helper confirm; cd /overlay/overlaykit/identity; ls -A . 1; stat -c %a . 1 1/root 1/root/etc 1/root/etc/dropbear 1/root/etc/dropbear/key
getfattr -n user.note --only-values 1/root/etc/dropbear/key; echo; readlink 1/root/etc/dropbear/link; ls 1/root/etc; /helper store; /helper confirm; ls
echo new >/merged/etc/dropbear/key; /helper store; ls; cat 2/root/etc/dropbear/key; ls -A 2/root/etc/dropbear
echo 'generation 7 end' >/overlay/overlaykit/identity.generation; echo other >/merged/etc/dropbear/key; /helper store; ls`,
      });
      t.is(stderr, '');
      t.is(
        stdout,
        `generation 1 is confirmed
changed: yes
.:
1

1:
root
whole
700
700
700
711
700
600
kept
/nowhere
dropbear
the stored identity is up to date
generation 1 is confirmed already
changed: no
1
the identity is stored
2
new
.dot
key
link
the stored identity is up to date
2`,
        'what was not brought in is not stored',
      );
    },
  );

  testAsRoot(
    `${kind}: what is provisioned is stored beside the rest; until then the status says so`,
    async (t) => {
      const { stdout, stderr } = await board(kind, {
        storage: 'ext4',
        before: `${upper}; mkdir -p /etc/ssl; ln -s /etc/ssl /etc/linked`,
        status: {
          ...usualStatus,
          notes: ['not provisioned: /etc/ssl/device.crt', 'the reset button cannot be read'],
        },
        script: `/helper store; /helper status | grep trouble; /helper provision /etc/ssl/device.crt; echo "code $?"; /helper provision /etc/passwd; echo "code $?"; /helper provision; echo "code $?"
mkdir -p /etc/ssl; echo secret >/etc/ssl/device.crt; chmod 400 /etc/ssl/device.crt; chmod 750 /etc/ssl
/helper provision /etc/ssl/device.crt; echo "code $?"; /helper status | grep trouble; cd /overlay/overlaykit/identity; ls; cd 2/root; find . | sort; stat -c %a etc/ssl etc/ssl/device.crt; cat etc/ssl/device.crt`,
      });
      t.is(
        stdout,
        `the identity is stored
trouble: the reset button cannot be read
trouble: not provisioned: /etc/ssl/device.crt
code 3
code 3
code 2
provisioned /etc/ssl/device.crt
code 0
trouble: the reset button cannot be read
2
.
./etc
./etc/dropbear
./etc/dropbear/.dot
./etc/dropbear/key
./etc/dropbear/link
./etc/ssl
./etc/ssl/device.crt
711
400
secret`.replace('711\n400', '750\n400'),
      );
      t.deepEqual(stderr.split('\n'), [
        'overlay_helper: provision: there is no /etc/ssl/device.crt, or a symbolic link is on the way to it',
        'overlay_helper: provision: "/etc/passwd" is not provisioned on this board; its board file lists /etc/ssl/device.crt',
        'usage: overlay_helper provision PATH...',
      ]);
    },
  );

  testAsRoot(
    `${kind}: links lead nothing into the store, and a reset of a path brings the identity back`,
    async (t) => {
      const { stdout } = await board(kind, {
        before: `echo 'generation 1 end' >/overlay/overlaykit/identity.generation; mkdir -p /outside/dropbear; echo outside >/outside/dropbear/key
ln -s /outside /overlay/generations/1/upper/etc; mkdir -p /overlay/overlaykit/identity/3; ln -s / /overlay/overlaykit/identity/3/root; : >/overlay/overlaykit/identity/3/whole`,
        script: `/helper store; ls /overlay/overlaykit/identity; rm /merged/etc; mkdir -p /merged/etc/dropbear; echo mine >/merged/etc/dropbear/key; /helper store; ls /overlay/overlaykit/identity
/helper reset | grep stays; /helper reset /etc/dropbear/key | tail -2; umount /merged; /helper tidy; ls /overlay/overlaykit; ls /overlay/generations/1/upper/etc/dropbear`,
      });
      t.is(
        stdout,
        `the stored identity is up to date
3
the identity is stored
1
stays /etc/dropbear
stays /etc/id
stays /etc/ssl/device.crt
stays /etc/dropbear, as it is stored
changed: yes
tidy: /etc/dropbear/key of generation 1: changes forgotten
identity
reset
state.a`,
      );
    },
  );
}

const tree = (key: string, stored: Tree): Tree => ({
  overlaykit: { 'state.a': line(), 'identity.generation': 'generation 1 end\n', ...stored },
  generations: { 1: { upper: { etc: { dropbear: { key, '.dot': 'x' }, other: 'y' } }, work: {} } },
});
const old: Tree = {
  identity: { 1: { whole: '\n', root: { etc: { dropbear: { key: 'old', '.dot': 'x' } } } } },
};

/** The identity that the next boot brings in, as decision 0009 says: the highest number that is whole. */
function newest(storage: Tree): unknown {
  const versions = Object.entries(((storage.overlaykit as Tree).identity ?? {}) as Tree)
    .filter(([name, version]) => /^\d+$/.test(name) && 'whole' in (version as Tree))
    .sort(([one], [other]) => Number(other) - Number(one));
  return (versions[0]?.[1] as Tree | undefined)?.root;
}

function run(options: ModelStorageOptions): ModelStorage {
  const port = new ModelStorage(options);
  try {
    runBoard(port, ['store']);
  } catch (error) {
    if (!(error instanceof PowerCut)) throw error;
  }
  return port;
}

test('a power cut at any call of store leaves the old identity or the new one, and the next store ends it', (t) => {
  const options = { status: usualStatus, plan };
  const fresh = { etc: { dropbear: { key: 'new', '.dot': 'x' } } };
  for (const [before, stored] of [
    [undefined, {}],
    [{ etc: { dropbear: { key: 'old', '.dot': 'x' } } }, old],
  ] as const) {
    const whole = run({ ...options, storage: tree('new', stored) });
    t.deepEqual(newest(whole.tree()), fresh, whole.complaints.join('\n'));
    t.true(whole.calls.length > 30);
    for (let call = 1; call <= whole.calls.length; call++) {
      for (const mode of ['before', 'middle', 'after'] as readonly CutMode[]) {
        const cut = run({ ...options, storage: tree('new', stored), cut: { call, mode } });
        for (const survivors of ['issued', 'synced', 'names'] as const) {
          const left = cut.tree(survivors);
          const about = `${mode} ${call} ${whole.calls[call - 1]}, ${survivors}`;
          const found = newest(left);
          t.true(
            [before, fresh].some((one) => JSON.stringify(one) === JSON.stringify(found)),
            `${about}: ${JSON.stringify(found)}`,
          );
          const next = run({ ...options, storage: left });
          t.deepEqual(newest(next.tree()), fresh, about);
          t.deepEqual(
            Object.keys((next.tree().overlaykit as Tree).identity as Tree).filter(
              (name) => name === 'making',
            ),
            [],
            about,
          );
        }
      }
    }
  }
});

test('whichever call of store fails, the identity that counts is the old one or the new one', (t) => {
  const options = { status: usualStatus, plan };
  const { calls } = run({ ...options, storage: tree('new', old) });
  for (let call = 1; call <= calls.length; call++) {
    for (const code of ['EIO', 'ENOSPC']) {
      const failing = run({ ...options, storage: tree('new', old), failing: { call, code } });
      const key = JSON.stringify(newest(failing.tree()));
      t.regex(key, /"key":"(old|new)","\.dot":"x"/, `${code} at ${calls[call - 1]}`);
    }
  }
});
