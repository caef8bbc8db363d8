/** What is kept and carried from one tree of the storage into another, in three shells, with cuts at every program. */
import test from 'ava';
import { testAsRoot } from '../support/needs.ts';
import { shells } from '../support/shell-board.ts';
import { ShellFunctions } from '../support/shell-functions.ts';

/** Generation 1 has an identity in its upper; nothing is stored yet. */
const upper = `mkdir -p generations/1/upper/etc/dropbear generations/2/upper
chmod 711 generations/1/upper/etc; chmod 700 generations/1/upper/etc/dropbear
echo rsa >generations/1/upper/etc/dropbear/key; chmod 600 generations/1/upper/etc/dropbear/key
echo hidden >generations/1/upper/etc/dropbear/.hidden; ln -s /nowhere generations/1/upper/etc/dropbear/link
touch -d 2020-02-02 generations/1/upper/etc/dropbear/key
echo id >"generations/1/upper/etc/it's \\$(odd) id"
echo 'generation 1 end' >overlaykit/identity.generation`;
const words = "keep /etc/dropbear '/etc/it'\\''s $(odd) id' /etc/none provisioned /etc/device.crt";
const store = `ovl_active=1 ovl_generation=1; store_identity ${words}`;
const bring = (generation: number) => `ovl_generation=${generation}; bring_identity ${words}`;
const listing = "find . -exec stat -c '%N %A %u' {} + | sort; stat -c %Y etc/dropbear/key";

for (const shell of shells) {
  testAsRoot(
    `${shell}: what is stored comes into the next generation, and an unchanged one writes nothing`,
    async (t) => {
      const board = await ShellFunctions.make(t, shell);
      await board.prepare(upper);
      const stored = await board.call(store);
      t.is(stored.output, '', 'secrets are in no log');
      t.is(
        await board.prepare('cd overlaykit/identity; ls; stat -c %a . 1 1/root 1/root/etc'),
        '1\n700\n700\n700\n711',
      );
      const again = await board.call(store);
      t.is(await board.prepare('ls overlaykit/identity'), '1', again.output);

      const brought = await board.call(bring(2));
      t.is(brought.output, '3 not provisioned: /etc/device.crt');
      t.is(
        await board.prepare(`cd generations/2/upper; ${listing}`),
        await board.prepare(`cd generations/1/upper; ${listing}`),
      );
      t.is(
        await board.prepare('cat overlaykit/identity.generation; ls overlaykit'),
        'generation 2 end\nidentity\nidentity.generation',
      );
      const usual = await board.call(bring(2));
      t.is(usual.calls, 0, 'a usual boot starts no program for it');

      await board.prepare(
        'echo new >generations/2/upper/etc/dropbear/key; rm generations/2/upper/etc/dropbear/.hidden',
      );
      await board.call(store.replaceAll('=1', '=2'));
      t.is(
        await board.prepare(
          'cd overlaykit/identity; ls; ls -A 2/root/etc/dropbear; cat 2/root/etc/dropbear/key',
        ),
        '2\nkey\nlink\nnew',
      );
      await board.call(bring(1));
      t.is(
        await board.prepare('cd generations/1/upper/etc; ls -A dropbear; cat dropbear/key'),
        'key\nlink\nnew',
        'a changed upper gives way',
      );
    },
  );

  testAsRoot(`${shell}: a symbolic link on the way leads no copy out of its tree`, async (t) => {
    const board = await ShellFunctions.make(t, shell);
    const outside = `${board.folder}/outside`;
    await board.prepare(`${upper}
mkdir -p ${outside}/dropbear; echo outside >${outside}/dropbear/key; echo outside >${outside}/secret
mkdir -p generations/3/upper generations/4/upper generations/5/upper
ln -s ${outside} generations/3/upper/etc`);
    await board.call(store);
    const into = await board.call(bring(3));
    t.regex(
      into.output,
      /^3 the identity at \/etc\/dropbear could not be brought into generation 3; the next boot tries again$/m,
    );
    t.is(
      await board.prepare(
        `cat ${outside}/dropbear/key; readlink generations/3/upper/etc; cat overlaykit/identity.generation`,
      ),
      `outside\n${outside}\ngeneration 1 end`,
    );

    const kept = await board.call(
      'ovl_active=3 ovl_generation=4; keep_paths /etc/secret /etc/dropbear/key; echo "code $?"',
    );
    t.is(
      kept.output,
      '3 /etc/secret is not kept: /etc is a symbolic link in the upper\n3 /etc/dropbear/key is not kept: /etc is a symbolic link in the upper\ncode 0',
    );
    t.is(await board.prepare('ls -A generations/4/upper'), '');

    const link = await board.call('ovl_active=3 ovl_generation=5; keep_paths /etc; echo "code $?"');
    t.is(link.output, 'code 0');
    t.is(
      await board.prepare('readlink generations/5/upper/etc'),
      outside,
      'a link itself is kept as what it is',
    );

    await board.prepare(
      `mkdir -p generations/6/upper; echo 'generation 6 end' >overlaykit/identity.generation; ln -s ${outside} generations/6/upper/etc`,
    );
    await board.call('ovl_active=6 ovl_generation=6; store_identity keep /etc/dropbear');
    t.is(
      await board.prepare('cat overlaykit/identity/*/root/etc/dropbear/key'),
      'rsa',
      'nothing from outside is stored',
    );
  });

  testAsRoot(`${shell}: hostile and unfinished versions of the store are no identity`, async (t) => {
    const board = await ShellFunctions.make(t, shell);
    await board.prepare(`${upper}
cd overlaykit; mkdir -p identity/1/root/etc/dropbear identity/2/root/etc/dropbear identity/003/root
echo one >identity/1/root/etc/dropbear/key; : >identity/1/whole; echo two >identity/2/root/etc/dropbear/key
: >identity/003/whole; mkdir -p identity/x identity/4 identity/99999999999; : >identity/x/whole; : >identity/99999999999/whole
ln -s / identity/4/root; : >identity/4/whole; ln -s 1 identity/5`);
    await board.call(bring(2));
    t.is(await board.prepare('cat generations/2/upper/etc/dropbear/key'), 'one');
  });

  testAsRoot(
    `${shell}: names with anything in them are kept, with owner, mode and what is below`,
    async (t) => {
      const board = await ShellFunctions.make(t, shell);
      await board.prepare(`mkdir -p generations/1/upper generations/2/upper; cd generations/1/upper
mkdir -p 'a b/-rf' "q'uo\\"te"; echo 1 >'a b/-rf/*'; echo 2 >"q'uo\\"te/.dot"; echo 3 >'new
line'; chmod 750 'a b'; chown 3:4 'a b' 'a b/-rf/*'; mknod gone c 0 0; touch plain`);
      const { output } = await board.call(`ovl_active=1 ovl_generation=2
keep_paths '/a b/-rf/*' "/q'uo\\"te" '/new
line' /gone /missing; echo "code $?"`);
      t.is(output, 'code 0');
      t.deepEqual(
        (await board.prepare("cd generations/2/upper; find . -exec stat -c '%n|%a|%u|%F' {} + | sort"))
          .split('\n')
          .filter((one) => !one.startsWith('.|')),
        [
          './a b/-rf/*|644|3|regular file',
          './a b/-rf|755|0|directory',
          './a b|750|3|directory',
          './gone|644|0|character special file',
          './new',
          './q\'uo"te/.dot|644|0|regular file',
          './q\'uo"te|755|0|directory',
          'line|644|0|regular file',
        ],
      );
    },
  );

  test(`${shell}: a note with a path that is no plain text leaves the status JSON`, async (t) => {
    const board = await ShellFunctions.make(t, shell);
    const { output } = await board.call(
      `note 'plain /etc/x'; note 'a "b\\'; note 'tab	'; note 'ü'; echo "[$ovl_notes]"`,
    );
    const notes = JSON.parse(output.slice(output.lastIndexOf('\n') + 1)) as string[];
    const other = 'a path that is not plain text is concerned; the kernel log names it';
    t.deepEqual(notes, ['plain /etc/x', other, other, other]);
  });
}

testAsRoot(
  'a cut at any program while the identity is stored leaves the old one or the new one',
  async (t) => {
    const whole = await ShellFunctions.make(t, 'busybox');
    await whole.prepare(upper);
    await whole.call(store);
    await whole.prepare('echo new >generations/1/upper/etc/dropbear/key');
    const { calls } = await whole.call(store);
    t.true(calls > 10, `${calls}`);
    const seen = new Set<string>();
    for (const when of ['before', 'after'] as const) {
      for (let cut = 1; cut <= calls; cut++) {
        await whole.prepare(`rm -rf overlaykit/* generations/*\n${upper}`);
        await whole.call(store);
        await whole.prepare('echo new >generations/1/upper/etc/dropbear/key');
        await whole.call(store, { cut, when });
        await whole.call(bring(2));
        const about = `${when} ${cut}`;
        const key = await whole.prepare(
          'cd generations/2/upper/etc/dropbear; cat key; cat .hidden; readlink link',
        );
        seen.add(key);
        t.true(['rsa\nhidden\n/nowhere', 'new\nhidden\n/nowhere'].includes(key), `${about}: ${key}`);
        await whole.prepare("echo 'generation 1 end' >overlaykit/identity.generation");
        await whole.call(store);
        t.is(
          await whole.prepare('cat overlaykit/identity/*/root/etc/dropbear/key'),
          'new',
          `${about}: taken up again`,
        );
      }
    }
    t.is(seen.size, 2);
  },
);

testAsRoot(
  'a cut at any program while the identity is brought in is followed by the same again',
  async (t) => {
    const board = await ShellFunctions.make(t, 'busybox');
    const before = `rm -rf overlaykit/* generations/*\n${upper}`;
    const changed =
      'mkdir -p generations/2/upper/etc/dropbear; echo other >generations/2/upper/etc/dropbear/key';
    await board.prepare(before);
    await board.call(store);
    await board.prepare(changed);
    const { calls } = await board.call(bring(2));
    for (const when of ['before', 'after'] as const) {
      for (let cut = 1; cut <= calls; cut++) {
        await board.prepare(before);
        await board.call(store);
        await board.prepare(changed);
        await board.call(bring(2), { cut, when });
        const marker = await board.prepare('cat overlaykit/identity.generation');
        if (marker === 'generation 2 end')
          t.is(await board.prepare('cat generations/2/upper/etc/dropbear/key'), 'rsa', `${when} ${cut}`);
        await board.call(bring(2));
        t.is(
          await board.prepare(
            'cat overlaykit/identity.generation; cd generations/2/upper/etc; cat dropbear/key; cat it*',
          ),
          'generation 2 end\nrsa\nid',
          `${when} ${cut}`,
        );
      }
    }
  },
);
