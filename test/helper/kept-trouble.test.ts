/** What the verbs fail with that overlay_init runs: kept in /run for this boot, and on the storage over the reboot. */
import { ledgerWords } from '../../src/cli/words/ledger.ts';
import type { BoardReport } from '../../src/shared/report.ts';
import { firstState } from '../support/first-state.ts';
import { onHelperBoard } from '../support/helper-programs.ts';
import { kinds } from '../support/native-calls.ts';
import { testAsRoot } from '../support/needs.ts';

const board = {
  state: firstState({ seq: 7 }),
  plan: {
    ladder: [
      {
        steps: [
          {
            ...{ kind: 'check-base', policy: 'review', system: 'overlay' },
            ...{ lowerdirs: ['/base'], safe: true, keep: [] },
          },
        ],
      },
    ],
  },
};
const identity = `ln -s / /rom; echo overlaykit-base 1 ${'1'.repeat(32)} | tee /etc/overlaykit/base >/overlay/generations/1/base`;
/** A directory in the place of the file that `record` writes. */
const blocked = `${identity}; mkdir /overlay/generations/1/record; echo x >/overlay/generations/1/upper/file`;
const said = 'overlay_helper: record: cannot write record beside the upper: rename EISDIR';

for (const kind of kinds) {
  testAsRoot(
    `${kind}: why record failed is kept once in both places, and told by status and log`,
    async (t) => {
      const { stdout, stderr } = await onHelperBoard(kind, {
        ...board,
        before: blocked,
        script: `/helper record; echo "code $?"; /helper record 2>/dev/null; cat /run/overlaykit/troubles /overlay/overlaykit/troubles
/helper status --json; rm /run/overlaykit/troubles; /helper status --json`,
      });
      t.true(stderr.startsWith(`${said} at `), stderr);
      const [code, run, kept, first = '', second = ''] = stdout.split('\n');
      t.is(code, 'code 4');
      t.deepEqual([run, kept], [`seq=7 ${stderr}`, `seq=7 ${stderr}`]);
      const [now, later] = [JSON.parse(first) as BoardReport, JSON.parse(second) as BoardReport];
      t.deepEqual(now.kept, [`seq=7 ${stderr}`]);
      t.true(now.troubles.includes(stderr), first);
      t.deepEqual(later.kept, now.kept, 'over the reboot');
      t.false(later.troubles.includes(stderr), 'it is no trouble of the next boot');
      const boots = [6, 9].map((seq) => `seq=${seq} rung=persistent generation=1 stamps: reasons: []`);
      t.is(
        ledgerWords(boots, later.kept),
        `boot 6: rung persistent, generation 1\n  failed: ${stderr}\nboot 9: rung persistent, generation 1\n`,
      );
    },
  );

  testAsRoot(`${kind}: a storage that cannot be written keeps nothing, and costs no words`, async (t) => {
    const { stdout, stderr } = await onHelperBoard(kind, {
      ...board,
      before: `${identity}; echo x >/overlay/generations/1/upper/file`,
      storage: 'ext4',
      script: `mount -o remount,ro /overlay
/helper record; echo "code $?"; ls /overlay/overlaykit; cat /run/overlaykit/troubles`,
    });
    t.regex(stderr, /^overlay_helper: record: .*: unlink EROFS \(the union is read-only: .*\) at \S/);
    t.is(stdout, `code 4\nstate.a\nseq=7 ${stderr}`);
  });

  testAsRoot(
    `${kind}: what somebody asked for is only said, and noise in the file is none of ours`,
    async (t) => {
      const { stdout, stderr } = await onHelperBoard(kind, {
        ...board,
        before: `${blocked}; printf 'x\\001\\377\\n\\n%08999d' 1 >/overlay/overlaykit/troubles; ln -s /base /run/overlaykit/troubles`,
        script: `/helper base keep /file; echo "code $?"; cut -c 1-3 /overlay/overlaykit/troubles | tr '\\001\\377' __
/helper record; echo "code $?"; cut -c 1-5 /overlay/overlaykit/troubles; /helper status --json`,
      });
      const [refusal, failure = ''] = stderr.split('\n');
      t.is(refusal, 'overlay_helper: base: nothing waits for a decision at /file');
      t.true(failure.startsWith(said), stderr);
      const lines = stdout.split('\n');
      t.deepEqual(lines.slice(0, 4), ['code 3', 'x__', '', '000'], 'a refusal is not kept');
      t.deepEqual(lines.slice(4, 8), ['code 4', 'x??', '00000', 'seq=7']);
      const { kept, troubles } = JSON.parse(lines[8] ?? '') as BoardReport;
      t.is(kept.at(-1), `seq=7 ${failure}`);
      t.deepEqual(troubles, ['the storage is tmpfs: everything is lost when the power goes']);
    },
  );
}
