/** `diff` and `pull`: against the kernel's own union, and a tar that GNU tar unpacks again. */
import test from 'ava';
import { tarHeader } from '../../src/helper/tar.ts';
import { firstState } from '../support/first-state.ts';
import { onHelperBoard } from '../support/helper-programs.ts';
import { kinds } from '../support/native-calls.ts';
import { testAsRoot } from '../support/needs.ts';

const plan = {
  ladder: [
    { name: 'persistent', steps: [{ kind: 'mount', fstype: 'overlay', options: ['lowerdir=/base'] }] },
  ],
};
const base = `cd /base; mkdir -p etc/old etc/mode moved var; for f in etc/same etc/edit etc/gone etc/kind etc/old/x moved/y; do echo $f >$f; done; cd /; ln -s base /rom
setfattr -n user.note -v x /base/etc/edit`;
/** Through the union, so that the kernel writes the upper. */
const changes = `cd /merged; touch etc/same; chmod 644 etc/same; echo new >etc/edit; rm etc/gone; rm etc/kind; mkdir etc/kind; rm -r etc/old; mkdir etc/old
chmod 700 etc/mode; echo hi >var/fresh; ln var/fresh var/second; ln -s /far var/link; mkfifo var/fifo; mkdir -p "var/$(printf 'long-%0100d' 1)"
head -c 70000 /dev/urandom >var/large; : >var/empty; printf x >"var/$(printf 'a\\nb\\303\\244')"; setfattr -n user.own -v "$(printf 'a\\nb')" var/fresh; cd /`;

for (const kind of kinds) {
  testAsRoot(`${kind}: diff says what the union changes`, async (t) => {
    const { stdout, stderr } = await onHelperBoard(kind, {
      plan,
      before: base,
      storage: 'ext4',
      script: `${changes}\n/helper diff --json; echo "code $?"; /helper diff; /helper diff x y; echo "code $?"`,
    });
    const lines = stdout.split('\n');
    const at = lines.indexOf('code 0');
    t.true(at > 0, stdout + stderr);
    const objects = lines.slice(0, at).map((line) => JSON.parse(line) as Record<string, unknown>);
    const end = objects.pop();
    t.like(end, { schema: 'overlaykit.diff/1', rung: 'persistent', changes: objects.length });
    const found = objects.map(({ change, type, path }) => `${change} ${type} ${path}`);
    for (const line of [
      'changed file /etc/edit',
      'deleted file /etc/gone',
      'type directory /etc/kind',
      'replaced directory /etc/old',
      'changed directory /etc/mode',
      'created file /var/fresh',
      'created file /var/second',
      'created symlink /var/link',
      'created fifo /var/fifo',
      'created file /var/a\nb\u00c3\u00a4',
    ])
      t.true(found.includes(line), `${line} in\n${found.join('\n')}`);
    t.is(found.filter((line) => line.includes('/etc/')).length, 5, found.join('\n'));
    t.true(lines.includes(`${objects.length} changes, ${end?.same} files are as below`));
    t.is(lines.at(-1), 'code 2');
  });

  testAsRoot(`${kind}: diff of a generation is that of its own upper`, async (t) => {
    const { stdout, stderr } = await onHelperBoard(kind, {
      plan,
      storage: 'ext4',
      state: firstState({ next: 3 }),
      before: `${base}; mkdir -p /overlay/generations/2/work /overlay/generations/2/upper/etc; cd /overlay/generations/2
echo kept >name; echo then >upper/etc/edit; echo more >upper/etc/more; mknod upper/etc/gone c 0 0; cp -p /base/etc/same upper/etc/same; cd /`,
      script: `echo now >/merged/etc/now; find /overlay >/one; /helper diff kept; /helper diff --json 2 | head -1; /helper diff; find /overlay >/two; cmp /one /two
for word in 3 nobody -2 ../1; do /helper diff $word; echo "code $?"; done`,
    });
    t.deepEqual(stdout.split('\n').slice(0, 4).toSorted(), [
      '3 changes, 1 files are as below',
      'changed file /etc/edit bytes=5',
      'created file /etc/more bytes=5',
      'deleted file /etc/gone bytes=9',
    ]);
    t.regex(stdout, /^\{"change":"/m);
    t.regex(
      stdout,
      /^created file \/etc\/now bytes=4\n1 changes, 0 files are as below\ncode 3\ncode 3\ncode 2\ncode 3$/m,
      stderr,
    );
  });

  testAsRoot(`${kind}: pull makes a tar that is the upper again`, async (t) => {
    const listing =
      "find . ! -type s -printf '%y %m %U %G %P %l %n\\n' | sed 's/^\\([cd]\\) \\(.*\\) [0-9]*$/\\1 \\2/' | sort; find . -type f -exec md5sum {} + | sort; getfattr -h -d -m - -R . 2>/dev/null | sort; find . -type c -exec stat -c '%n %t:%T' {} +; find . ! -name . -printf '%T@ %P\\n' | sed 's/\\.[0-9]* / /' | sort";
    const { stdout, stderr } = await onHelperBoard(kind, {
      plan,
      before: base,
      storage: 'ext4',
      script: `${changes}
mkdir /overlay/unpacked; /helper pull >/tmp/upper.tar 2>/tmp/said; echo "code $?"; cat /tmp/said
wc -c </tmp/upper.tar; gzip -c /tmp/upper.tar | tail -c 8 | od -An -tx4 | tr -d '\\n'; echo
tar --xattrs --xattrs-include='*' -C /overlay/unpacked -xpf /tmp/upper.tar || echo "tar failed"
(cd /overlay/generations/1/upper; ${listing}) >/tmp/a; (cd /overlay/unpacked; ${listing}) >/tmp/b
diff /tmp/a /tmp/b && echo same; wc -l </tmp/a
/helper pull 1 | cmp - /tmp/upper.tar && echo again; /helper pull 7 >/dev/null; echo "code $?"`,
    });
    const lines = stdout.split('\n');
    t.is(lines[0], 'code 0', stdout + stderr);
    const said = /^overlay_helper: pull: entries=(\d+) bytes=(\d+) crc32=([0-9a-f]{8})$/.exec(lines[1] ?? '');
    t.is(lines[2], said?.[2]);
    t.is(lines[3]?.trim().split(' ')[0], said?.[3], 'the checksum that gzip has made');
    t.true(lines.includes('same'), stdout + stderr);
    t.false(lines.includes('tar failed'), stdout);
    t.true(lines.includes('again'));
    t.is(lines.at(-1), 'code 3');
  });
}

test('a header has a record for what its fields have no room for', (t) => {
  const plain = {
    ...({ path: 'a', type: 'file', mode: 0o644, uid: 1, gid: 2, size: 3, modified: 4 } as const),
    ...{ target: '', major: 0, minor: 0, attributes: [] as string[] },
  };
  const header = tarHeader(plain);
  t.is(header.length, 512);
  t.is(header.slice(0, 156).replaceAll('\0', '|').replaceAll(/\|+/g, '|'), sumOf(header));
  const large = tarHeader({ ...plain, size: 2 ** 33, uid: 2 ** 22, path: 'x'.repeat(101), modified: -5 });
  t.is(large.length, 1536);
  t.regex(large, /\n?111 path=x{101}\n19 size=8589934592\n15 uid=4194304\n12 mtime=-5\n/);

  function sumOf(text: string): string {
    const whole = `${text.slice(0, 148)}        ${text.slice(156)}`;
    const sum = [...whole].reduce((all, one) => all + one.charCodeAt(0), 0);
    return `a|0000644|0000001|0000002|00000000003|00000000004|${sum.toString(8).padStart(6, '0')}| `;
  }
});
