/**
 * The plain boot against storages, roots and words that are not as they should be: it says why, and leaves everything as it was.
 * On a real kernel, as on a board and with the sanitizers. What a whole plain boot does is in test/sandbox/plain-boot.test.ts.
 */
import { stateLine } from '../../src/shared/state.ts';
import { inNamespace, type NamespaceResult } from '../support/helper-namespace.ts';
import { helperPlan } from '../support/helper-plan.ts';
import { helperProgram } from '../support/helper-programs.ts';
import { kinds } from '../support/native-calls.ts';
import { testAsRoot } from '../support/needs.ts';
import { all, cases, seed, usual } from '../support/plain-cases.ts';
import { librariesOf } from '../support/sanitized.ts';

/** Each case as a part of one script: before and after it, what is mounted and what the storage holds. */
function scriptOf(): string {
  const look = `{ while read -r one; do echo "$one"; done </proc/self/mountinfo; find /tmp/seed | sort; find /tmp/seed -type f -exec md5sum {} +; } 2>/dev/null`;
  const parts = cases.map(
    ({ storage: changed = '', base = ':', words = all, cmdline }) => `
umount /proc/cmdline 2>/dev/null
rm -rf /tmp/seed /tmp/up /tmp/work /tmp/work2 /tmp/upper /tmp/base /run/*
mkdir -p /tmp/seed /tmp/up /tmp/work /tmp/work2 /tmp/upper /tmp/base/sbin; cd /tmp/seed
${seed}
${/base/.test(changed) || changed === ':' ? '' : 'echo a >generations/1/base'}
${changed}
cd /tmp/base; ${base}; cd /; : >/dev/kmsg
${cmdline === undefined ? '' : `printf '%b' '${cmdline}' >/tmp/cmdline; mount -o bind /tmp/cmdline /proc/cmdline`}
before=$(${look})
code=0; OVERLAYKIT_BOOT=yes /sbin/overlay_helper boot ${words} || code=$?
after=$(${look})
same=changed; [ "$before" != "$after" ] || same=same
{ echo "CASE $code $same"; cat /dev/kmsg; } >>/dev/console`,
  );
  return parts.join('\n');
}

const needed = ['find', 'sort', 'md5sum', 'printf', 'mkfifo', 'mknod', 'head', 'mv', 'rmdir', 'sleep'];
const applets = needed.map((name) => `[ -e bin/${name} ] || ln -s busybox bin/${name}`).join('\n');

async function run(kind: (typeof kinds)[number], script: string): Promise<NamespaceResult> {
  const helper = helperProgram(kind);
  return inNamespace({
    helper,
    plan: JSON.stringify(helperPlan()),
    libraries: await librariesOf(helper),
    bare: true,
    shape: `${applets}\necho a >etc/overlaykit/base`,
    script: `mount -t tmpfs tmpfs /run; mount -t tmpfs tmpfs /tmp; set +e\n${script}`,
  });
}

for (const kind of kinds) {
  testAsRoot(`${kind}: whatever is not plain is left as it was, with a reason`, async (t) => {
    t.timeout(180_000);
    const { console, stderr } = await run(kind, scriptOf());
    t.notRegex(stderr, /Sanitizer|runtime error/);
    const said = console.split(/^CASE /m).slice(1);
    t.is(said.length, cases.length, `${console}\n${stderr}`);
    for (const [index, { title, says }] of cases.entries()) {
      const about = `${title}: ${said[index]}\n${stderr}`;
      t.regex(said[index] ?? '', /^104 same\n/, about);
      t.regex(said[index] ?? '', says, about);
      t.notRegex(said[index] ?? '', /cannot (?:unmount|remove|move back|pivot back)/, about);
    }
  });

  testAsRoot(`${kind}: it refuses where it was not asked, or is too late`, async (t) => {
    const script = `mkdir /run/overlaykit; /sbin/overlay_helper boot ${all}; echo "code $?" >>/dev/console; cat /dev/kmsg >>/dev/console
: >/run/overlaykit/status.json; OVERLAYKIT_BOOT=yes /sbin/overlay_helper boot ${all}; echo "code $?" >>/dev/console; cat /dev/kmsg >>/dev/console
rm /run/overlaykit/status.json; OVERLAYKIT_BOOT=yes exec /sbin/overlay_helper boot ${all}`;
    const { kernelLog, console } = await run(kind, script);
    t.regex(
      console,
      /^code 104\n.*only overlay_init can start it\ncode 104\n.*this system has booted already\n/,
    );
    // As PID 1 it gives way to overlay_init.
    t.regex(console, /^I am \/sbin\/overlay_init pid 1 /m);
    t.regex(kernelLog, /PID 1 cannot end/);
  });

  testAsRoot(`${kind}: a plain boot, and who comes after it`, async (t) => {
    const words = all.replace(' enter', ' later 1 enter').replace('base keep', '');
    const script = `mkdir -p /tmp/seed /tmp/up /tmp/work /tmp/work2 /tmp/upper /tmp/base; cd /tmp/seed
${seed}; cd /
(ulimit -t 5; OVERLAYKIT_BOOT=yes exec /sbin/overlay_helper boot ${words})
echo "code $?" >/dev/console
cd /rom && cd /; while read -r line; do echo "kept $line"; done </overlay/overlaykit/state.b >>/dev/console
for file in counted plain ledger log; do read -r line </run/overlaykit/$file; echo "$file $line" >>/dev/console; done
sleep 3; echo "limit $(ulimit -t)" >>/dev/console`;
    const { console, kernelLog } = await run(kind, script);
    const counted = stateLine({ ...usual, seq: 8, attempts: 2 }).trimEnd();
    t.true(console.startsWith(`code 103\nkept ${counted}\n`), `${console}\n${kernelLog}`);
    t.regex(console, /^counted 8\nplain 8 1 2\nledger rung=persistent generation=1 stamps: /m);
    t.regex(console, /^log rung persistent: it is kept\n/m);
    t.regex(console, /^I am \/rom\/sbin\/overlay_init pid \d+ words 0/m);
    t.regex(console, /^env OVERLAYKIT_LATER=yes$/m);
    t.notRegex(console, /OVERLAYKIT_BOOT/);
    t.regex(console, /^fd \/dev\/null$/m);
    t.regex(console, /^mount \/rom /m, 'it sees the merged root');
  });
}
