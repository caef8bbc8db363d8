/**
 * The helper against the kernel: PID 1 of a namespace, a real overlayfs over a real read-only root, and a busybox script
 * as init that tells what it sees. Everything runs with the helper as it is on a board and with one that has the
 * compiler's sanitizers in its native module.
 */
import test from 'ava';
import { helperScripts } from '../../src/toolchain/helper.ts';
import {
  account,
  inNamespace,
  type NamespaceOptions,
  type NamespaceResult,
} from '../support/helper-namespace.ts';
import { helperPlan } from '../support/helper-plan.ts';
import { testAsRoot } from '../support/needs.ts';
import { librariesOf, programOf } from '../support/sanitized.ts';

const kinds = ['release', 'sanitized'] as const;
type Kind = (typeof kinds)[number];

const programs = new Map<Kind, { readonly helper: string; readonly libraries: readonly string[] }>();

test.before(async () => {
  const scripts = await helperScripts();
  for (const kind of kinds) {
    const helper = await programOf(scripts, kind);
    programs.set(kind, { helper, libraries: kind === 'release' ? [] : await librariesOf(helper) });
  }
});

const helper = '/sbin/overlay_helper';
const planPath = '/etc/overlaykit/plan.json';
const enter = `exec ${helper} enter ${planPath} persistent single "a b"`;
const verify = `set +e; ${helper} verify ${planPath} persistent 2>/dev/console; echo "code $?" >>/dev/console`;

async function board(kind: Kind, options: Partial<NamespaceOptions>): Promise<NamespaceResult> {
  const program = programs.get(kind) ?? { helper: '', libraries: [] };
  return inNamespace({ plan: JSON.stringify(helperPlan()), script: enter, ...program, ...options });
}

function lines(text: string, word: string): readonly string[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith(`${word} `))
    .map((line) => line.slice(word.length + 1));
}

/** "TARGET FSTYPE" of each mount in an account, in the order of their targets. */
function mountsIn(text: string): readonly string[] {
  return lines(text, 'mount')
    .map((line) => line.split(' '))
    .map(([target, , fstype]) => `${target} ${fstype}`)
    .filter((line) => !line.startsWith('/dev '))
    .sort();
}

const merged = (rootType: string): readonly string[] => [
  '/ overlay',
  '/overlay tmpfs',
  '/proc proc',
  `/rom ${rootType}`,
  '/run tmpfs',
  '/sys sysfs',
];

for (const kind of kinds) {
  for (const how of ['pivot', 'chroot'] as const) {
    const plan = JSON.stringify(helperPlan({ how }));

    testAsRoot(
      `${kind}, ${how}: init is PID 1 in the merged root, the mounts are where they belong`,
      async (t) => {
        const { console, kernelLog, stderr, code } = await board(kind, { plan, image: true });
        t.is(code, 0, stderr + console);
        t.true(console.startsWith('I am /sbin/init pid 1 words 2 single a b\n'), console);
        t.deepEqual(mountsIn(console), merged('squashfs'));
        t.is(lines(console, 'mount').filter((line) => line.startsWith('/dev ')).length, 1);
        t.deepEqual(lines(console, 'in'), ['/']);
        t.deepEqual(lines(console, 'fd'), ['/dev/console', '/dev/console', '/dev/console']);
        t.true(lines(console, 'env').includes('TERM=linux'));
        t.is(
          kernelLog,
          '<6>overlay_helper: enter: rung persistent: the root is overlay, executing /sbin/init\n',
        );
      },
    );

    testAsRoot(`${kind}, ${how}: an init that the kernel refuses leaves everything as it was`, async (t) => {
      const before =
        'mkdir -p /overlay/upper/sbin; echo hello >/overlay/upper/sbin/init; chmod 755 /overlay/upper/sbin/init';
      const script = `{ ${account}; } >/dev/console; ${enter}`;
      const { console, kernelLog } = await board(kind, { plan, before, script });
      const [first = '', second = ''] = console.split('I am /sbin/overlay_init pid 1 words 2 single a b\n');
      t.true(lines(first, 'mount').length >= 7);
      t.deepEqual(lines(second, 'mount'), lines(first, 'mount'));
      t.deepEqual(lines(second, 'in'), ['/']);
      const why =
        'cannot execute /sbin/init in the merged root: execve ENOEXEC (a program for another architecture, or not a program)';
      const told = lines(second, 'env').find((word) => word.startsWith('OVERLAYKIT_HELPER_FAILED=')) ?? '';
      const place = told.slice(`OVERLAYKIT_HELPER_FAILED=${why}`.length);
      t.is(told, `OVERLAYKIT_HELPER_FAILED=${why}${place}`, second);
      t.regex(place, /^ at executeInit\+\d+ < enter\+\d+ < runEnter\+\d+ in boot-[0-9a-f]{8}$/);
      t.true(lines(second, 'env').includes('OVERLAYKIT_RUNG=persistent'));
      t.true(kernelLog.includes(`<3>overlay_helper: enter: ${why}${place}\n`), kernelLog);
    });
  }

  testAsRoot(`${kind}: a namespace whose mounts are shared cannot be entered, and says so`, async (t) => {
    const { console } = await board(kind, { script: `mount --make-rshared /; ${enter}` });
    t.true(console.includes('I am /sbin/overlay_init pid 1'), console);
    t.regex(
      console,
      /OVERLAYKIT_HELPER_FAILED=cannot move \/proc .*: mount --move EINVAL \(not a mount point any more, or/,
    );
  });

  testAsRoot(`${kind}: without overlay_init, the read-only root's init takes over as PID 1`, async (t) => {
    const { stderr, kernelLog } = await board(kind, { shape: 'rm sbin/overlay_init', plan: '{}' });
    t.regex(kernelLog, /cannot execute overlay_init again: execve ENOENT/);
    t.regex(stderr, /overlay_helper: \/sbin\/overlay_init cannot be executed: ENOENT/);
    const { console } = await board(kind, {
      shape: `rm sbin/overlay_init; printf '#!/bin/sh\\n{\\n%s\\n} >/dev/console' '${account.replaceAll("'", "'\\''")}' >sbin/init`,
      plan: '{}',
    });
    t.true(console.startsWith('I am /sbin/init pid 1 words 2 single a b\n'), console);
    t.deepEqual(
      lines(console, 'env').filter((word) => word.startsWith('OVERLAYKIT_')),
      [],
    );
  });

  testAsRoot(
    `${kind}: a fit merged root is fit, and a sample of an earlier power cut does not matter`,
    async (t) => {
      const before = 'echo old >/overlay/upper/.overlaykit-verify';
      const script = `${verify}; ls_upper() { for f in /overlay/upper/* /overlay/upper/.o*; do echo "left $f"; done; }; ls_upper >>/dev/console`;
      const { console } = await board(kind, { before, script, image: true });
      t.is(console, 'code 101\nleft /overlay/upper/*\nleft /overlay/upper/.o*\n');
    },
  );
}

/** What makes the merged root unfit, and what the helper says about it. */
const unfit: readonly (readonly [string, Partial<NamespaceOptions>, RegExp])[] = [
  [
    'init was deleted',
    { before: 'mkdir -p /overlay/upper/sbin; mknod /overlay/upper/sbin/init c 0 0' },
    /\/sbin\/init does not exist in the merged root: nothing at \/mnt\/sbin\/init/,
  ],
  [
    'init is a dangling link',
    { before: 'mkdir -p /overlay/upper/sbin; ln -s /nowhere/systemd /overlay/upper/sbin/init' },
    /\/sbin\/init does not exist in the merged root: nothing at \/mnt\/nowhere/,
  ],
  [
    'the interpreter of init is missing',
    { shape: "printf '#!/bin/bash\\n' >sbin/init" },
    /\/bin\/bash does not exist in the merged root/,
  ],
  [
    'the loader of init is missing',
    { shape: "LC_ALL=C sed 's|/lib64/ld-linux-x86|/lib64/ld-linux-x99|' /bin/true >sbin/init" },
    /\/lib64\/ld-linux-x99-64\.so\.2 does not exist in the merged root: nothing at \/mnt\/lib64/,
  ],
  [
    'init was cut short',
    { shape: 'rm sbin/init; head -c 100000 bin/busybox >sbin/init; chmod 755 sbin/init' },
    /\/sbin\/init is a damaged ELF program: cut short at 100000 bytes/,
  ],
  [
    'init may not be executed',
    { before: 'mkdir -p /overlay/upper/sbin; cat /sbin/init >/overlay/upper/sbin/init' },
    /access EACCES \(no x permission/,
  ],
  [
    'the union forbids execution',
    {
      mountUnion:
        'mount -t overlay -o noexec,lowerdir=/,upperdir=/overlay/upper,workdir=/overlay/work overlay /mnt',
    },
    /access EACCES .* noexec\)/,
  ],
  [
    'the kernel made the union read-only',
    { before: 'mkdir /overlay/work/work; mount -t tmpfs tmpfs /overlay/work/work' },
    /open EROFS \(the union is read-only: the kernel mounts it so when it cannot make its work directory, or when the file system below has met an error\)/,
  ],
  [
    'something else is mounted there',
    { mountUnion: 'mount -t tmpfs tmpfs /mnt' },
    /\/mnt is tmpfs; it should be overlay/,
  ],
  ['nothing is mounted there', { mountUnion: ':' }, /nothing is mounted at \/mnt/],
  [
    'a link is where a mount has to go',
    { before: 'ln -s /etc /overlay/upper/run; mkdir -p /overlay/work' },
    /\/run is not a directory in the merged root/,
  ],
];

/** What is wrong with plan.json, and what the helper says about it. */
const brokenPlans: readonly (readonly [string, string, RegExp])[] = [
  ['empty', '', /cannot read .*plan\.json: /],
  ['noise', `\x00\x01\xfe${'\xff'.repeat(3000)}`, /cannot read .*plan\.json: /],
  ['cut short', JSON.stringify(helperPlan()).slice(0, -20), /cannot read .*plan\.json: /],
  [
    'of a newer schema',
    JSON.stringify({ ...helperPlan(), schema: 'overlaykit.plan/9' }),
    /another schema: overlaykit\.plan\/9/,
  ],
  [
    'of 10 MB',
    `[${'1,'.repeat(5_000_000)}1]`,
    /read EFBIG \(the file is larger than any that belongs there\)/,
  ],
  ['nested 100,000 levels deep', '['.repeat(100_000), /nested more than 32 levels deep/],
];

const fillStorage =
  'mount -t tmpfs -o size=16k tmpfs /overlay; mkdir /overlay/upper /overlay/work; ! cat /bin/busybox >/overlay/full 2>/dev/null';

for (const kind of kinds) {
  testAsRoot(`${kind}: a full storage is fit, since what was written before is on it`, async (t) => {
    const { console, stderr } = await board(kind, { before: fillStorage, script: verify });
    t.is(console, 'code 101\n', console + stderr);
  });

  for (const [title, options, expected] of unfit) {
    testAsRoot(`${kind}, unfit: ${title}`, async (t) => {
      const { console, stderr } = await board(kind, { ...options, script: verify });
      const [said, code] = console.split('\n');
      t.is(code, 'code 102', console + stderr);
      t.regex(said ?? '', /^overlay_helper: verify: /);
      t.regex(said ?? '', expected);
    });
  }

  for (const [title, plan, expected] of brokenPlans) {
    testAsRoot(`${kind}, plan.json is ${title}: verify cannot tell, enter gives back`, async (t) => {
      const { console } = await board(kind, { plan, script: `${verify}\n${enter}` });
      const [said, code] = console.split('\n');
      t.is(code, 'code 1', console);
      t.regex(said ?? '', expected);
      t.true(console.includes('I am /sbin/overlay_init pid 1 words 2 single a b\n'), console);
      t.regex(console, /env OVERLAYKIT_HELPER_FAILED=(cannot read )?\/etc\/overlaykit\/plan\.json/);
    });
  }
}
