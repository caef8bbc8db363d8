/** Storages, roots and words with which no boot is plain, each with the reason that overlay_helper gives. */
import { type State, stateLine } from '../../src/shared/state.ts';

/** The state that a storage has where a case says nothing else. */
export const usual: State = {
  seq: 7,
  active: 1,
  previous: undefined,
  trying: undefined,
  attempts: 1,
  next: 2,
  reset: undefined,
};
const line = (more: Partial<State> = {}): string => stateLine({ ...usual, ...more }).trimEnd();

/** Shell text that makes the storage in /tmp/seed, which a word then mounts. */
export const seed = `mkdir -p overlaykit generations/1/upper generations/1/work
echo '${line()}' >overlaykit/state.a`;

const head = "board digest persistent 'it is kept'";
const prepare = `mount uk proc proc /proc 14 '' mount uk tmpfs tmpfs /run 6 mode=0755 switches`;
const storage = "mount s overlay - /overlay 0 'lowerdir=/tmp/seed,upperdir=/tmp/up,workdir=/tmp/work'";
const choose = "choose 3 '/overlay/overlaykit/reset'";
const union = "mount - overlay overlay /mnt 0 'lowerdir=/tmp/base:/,upperdir=/tmp/upper,workdir=/tmp/work2'";
const enter = 'enter /mnt /rom /sbin/init no /sys /dev /run /overlay /proc';
/** All words of a plain boot. */
export const all = [head, prepare, storage, choose, 'base keep', union, 'verify overlay /mnt', enter].join(
  ' ',
);
/** A boot that is plain until it is found not to end. */
const unfinished = [head, prepare, storage, choose].join(' ');
const noEnd = /overlay_init has not said all that is to be done/;

interface Case {
  readonly title: string;
  readonly says: RegExp;
  /** Shell text, in the storage's directory. */
  readonly storage?: string;
  /** Shell text, in a directory that lies over the root in the union. */
  readonly base?: string;
  readonly words?: string;
  /** Text of /proc/cmdline as printf's %b takes it; that of this machine where it is left out. */
  readonly cmdline?: string;
}

const slot = (text: string): string => `printf '%b' '${text}' >overlaykit/state.b`;
const notWhole = /the state is not whole in both slots/;

/** None of them is plain. */
export const cases: readonly Case[] = [
  { title: 'a slot alone', words: unfinished, says: noEnd },
  { title: 'no slot', storage: 'rm overlaykit/state.a', says: /no slot of the state is whole/ },
  { title: 'no directory of ours', storage: 'rm -r overlaykit', says: /the storage is new/ },
  {
    title: 'a link for our directory',
    storage: 'mv overlaykit ours; ln -s ours overlaykit',
    says: /the storage is new/,
  },
  ...[
    ['an empty one', ''],
    ['no line end', line()],
    ['noise', '\\0377\\0000\\0001state'],
    ['a newer version', 'overlaykit-state 2 seq=9\\n'],
    ['another check number', `${line().slice(0, -1)}x\\n`],
    ['another number', `${line().replace('seq=7', 'seq=8')}\\n`],
    ['a zero in front', `${line().replace('seq=7', 'seq=07')}\\n`],
    ['ten digits', `${line().replace('seq=7', 'seq=1000000007')}\\n`],
    ['a hundred thousand digits', `overlaykit-state 1 seq=${'9'.repeat(100)}\\n`],
    ['no number', `${line().replace('seq=7', 'seq=')}\\n`],
    ['no active', `${line().replace('active=1', 'active=-')}\\n`],
    ['a blank more', `${line().replace(' active', '  active')}\\n`],
    ['a word more', `${line().replace(' end=', ' more=1 end=')}\\n`],
    ['a zero byte', `${line().replace('active', 'act\\0000ive')}\\n`],
    ['a line cut short', `${line().slice(0, 30)}\\n`],
  ].map(([what, text = '']) => ({ title: `a slot with ${what}`, storage: slot(text), says: notWhole })),
  {
    title: 'a slot of a megabyte',
    storage: 'head -c 1000000 /bin/busybox >overlaykit/state.b',
    says: notWhole,
  },
  { title: 'a directory for a slot', storage: 'mkdir overlaykit/state.b', says: notWhole },
  { title: 'a FIFO for a slot', storage: 'mkfifo overlaykit/state.b', says: notWhole },
  { title: 'a link for a slot', storage: 'ln -s state.a overlaykit/state.b', says: notWhole },
  {
    title: 'the rest of a longer line',
    storage: slot(`${line()}\\n9.12\\n`),
    words: unfinished,
    says: noEnd,
  },
  { title: 'one is tried', storage: slot(`${line({ seq: 8, trying: 1 })}\\n`), says: /is being tried/ },
  { title: 'the limit', storage: slot(`${line({ seq: 8, attempts: 3 })}\\n`), says: /tried too often/ },
  {
    title: 'numbers used up',
    storage: slot(`${line({ seq: 999_999_998 })}\\n`),
    says: /numbers of the state are used up/,
  },
  { title: 'no upper', storage: 'rmdir generations/1/upper', says: /generation 1 is not whole/ },
  {
    title: 'a link for the work directory',
    storage: 'rmdir generations/1/work; ln -s upper generations/1/work',
    says: /generation 1 is not whole/,
  },
  ...[
    ['at the beginning', 'overlaykit=ro quiet'],
    ['in the middle', 'console=ttyS0 overlaykit=ro quiet'],
    ['behind a tab', 'quiet\\toverlaykit=ro'],
    ['on a line of its own', 'quiet\\noverlaykit=ro'],
    ['behind a carriage return', 'quiet\\roverlaykit=ro'],
  ].map(([where, cmdline = '']) => ({
    title: `a switch ${where}`,
    cmdline: `${cmdline}\\n`,
    says: /the kernel command line asks for something/,
  })),
  { title: 'a reset', storage: ': >overlaykit/reset', says: /overlaykit\/reset asks for a reset/ },
  { title: 'a reset by a dead link', storage: 'ln -s no overlaykit/reset', says: /asks for a reset/ },
  { title: 'paths to be forgotten', storage: ': >overlaykit/reset-paths', says: /below some paths/ },
  {
    title: 'a full storage',
    words: [head, prepare, "mount s tmpfs - /overlay 0 'size=4096'"].join(' '),
    says: /the storage is new/,
  },
  { title: 'another base', storage: 'echo b >generations/1/base', says: /made on another base image/ },
  { title: 'no base noted', says: /cannot read .*generations\/1\/base: open ENOENT/, storage: ':' },
  { title: 'a FIFO for the base', storage: 'mkfifo generations/1/base', says: /another base image/ },
  {
    title: 'a base without end',
    storage: 'head -c 5000 /bin/busybox >generations/1/base',
    says: /cannot read .*base: read EFBIG/,
  },
  {
    title: 'a review',
    storage: 'echo a >generations/1/base; : >generations/1/base-report',
    words: all.replace('base keep', 'base review'),
    says: /waits for a review/,
  },
  { title: 'no identity', words: `${unfinished} identity`, says: /brought into another generation/ },
  {
    title: "another's identity",
    storage: 'echo generation 2 end >overlaykit/identity.generation',
    words: `${unfinished} identity`,
    says: /brought into another generation/,
  },
  { title: 'no init', base: 'rm -r sbin; mknod sbin c 0 0', says: /\/sbin\/init does not exist/ },
  { title: 'an empty init', base: ': >sbin/init', says: /\/sbin\/init is empty/ },
  { title: 'a directory for init', base: 'mkdir sbin/init', says: /is not a regular file/ },
  {
    title: 'init as a circle of links',
    base: 'ln -s init sbin/init',
    says: /\/sbin\/init: more than 40 symbolic links/,
  },
  {
    title: 'init without x',
    base: 'echo "#!/bin/sh" >sbin/init',
    says: /cannot be executed .*access EACCES/,
  },
  ...[
    ['text', 'hello', /neither an ELF program nor a script/],
    ['no interpreter', '#! \\n', /names no interpreter/],
    ['a missing interpreter', '#!/bin/no x\\n', /\/bin\/no does not exist/],
    ['itself as interpreter', '#!/sbin/init\\n', /in a circle/],
    ['an ELF header and no more', '\\0177ELF\\002\\001\\001', /damaged ELF program/],
  ].map(([what, text, says]) => ({
    title: `init is ${what}`,
    base: `printf '%b' '${text}' >sbin/init; chmod 755 sbin/init`,
    says: says as RegExp,
  })),
  {
    title: 'init is half a program',
    base: 'head -c 3000 /bin/busybox >sbin/init; chmod 755 sbin/init',
    says: /damaged ELF program/,
  },
  {
    title: 'init is an ELF program with headers of noise',
    base: `{ head -c 40 /bin/busybox; for n in 1 2 3 4 5 6 7 8 9; do printf '%b' '\\0377\\0377\\0377\\0377\\0377\\0377\\0377\\0377\\0377\\0377'; done; } >sbin/init; chmod 755 sbin/init`,
    says: /damaged ELF program/,
  },
  { title: 'a file for the place of the old root', base: ': >rom', says: /\/mnt\/rom is not a directory/ },
  { title: 'a link for /run', base: 'ln -s /tmp run', says: /\/mnt\/run is not a directory/ },
  { title: 'another union', words: all.replace('verify overlay', 'verify aufs'), says: /it should be aufs/ },
  { title: 'no union', words: all.replace(union, ''), says: /nothing is mounted at \/mnt/ },
  { title: 'no such file system', words: all.replace('s overlay', 's nofs'), says: /cannot mount nofs/ },
  { title: 'a step nobody knows', words: `${head} dance`, says: /asks for dance/ },
  { title: 'no words', words: '', says: noEnd },
  { title: 'a word too few', words: `${head} mount uk proc`, says: noEnd },
  { title: 'flags that are none', words: `${head} mount - proc proc /mnt x ''`, says: /is no number/ },
  {
    title: 'flags of ten digits',
    words: `${head} mount - proc proc /mnt 4294967296 ''`,
    says: /not a whole number in range/,
  },
  {
    title: 'a generation before there is one',
    words: `${head} dirs 1 '/a/{generation}'`,
    says: /chosen yet/,
  },
  { title: 'no number of directories', words: `${head} dirs /a`, says: /is no number/ },
  { title: 'a choice without storage', words: `${head} ${prepare} choose 3 ''`, says: /storage is not open/ },
  { title: 'no device', words: `${head} block /dev/none - - -`, says: /\/dev\/none is not there yet/ },
  { title: 'a file for a device', words: `${head} block /bin/busybox - - -`, says: /is not there yet/ },
  {
    title: 'no such label',
    words: `${head} tagged ext4 LABEL=no-such-x - - -`,
    says: /no block device has LABEL=no-such-x/,
  },
  {
    title: 'no such UUID',
    words: `${head} tagged f2fs UUID=1234 - - -`,
    says: /no block device has UUID=1234/,
  },
  {
    title: 'a file system without tags',
    words: `${head} tagged vfat LABEL=x - - -`,
    says: /of a vfat cannot be read/,
  },
  {
    title: 'a path of 20,000 characters',
    words: `${head} dirs 1 '/${'x'.repeat(20_000)}'`,
    says: /lstat \/x+/,
  },
  {
    title: 'mounts without end',
    words: `${head} ${`mount - tmpfs x /mnt 0 '' `.repeat(70)}`,
    says: noEnd,
  },
];
