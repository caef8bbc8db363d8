import test from 'ava';
import { bytesOf } from '../../src/helper/bytes.ts';
import { readEntry } from '../../src/helper/plan.ts';
import { helperPlan } from '../support/helper-plan.ts';
import { ModelBoard } from '../support/model-board.ts';

const read = (plan: unknown) => readEntry(new ModelBoard({ plan }), '/plan', 'persistent');

test('the entry of a rung', (t) => {
  t.deepEqual(read(helperPlan({ how: 'chroot', init: '/sbin/ïnit' })), {
    protect: false,
    rung: 'persistent',
    fstype: 'overlay',
    how: 'chroot',
    newRoot: '/mnt',
    oldRoot: '/rom',
    carried: ['/proc', '/sys', '/dev', '/run', '/overlay'],
    init: '/sbin/\xc3\xafnit',
  });
});

/** The plan with a part of it replaced. */
function changed(path: readonly string[], value: unknown): unknown {
  const plan = structuredClone(helperPlan()) as unknown as Record<string, unknown>;
  const last = path.at(-1) as string;
  const holder = path.slice(0, -1).reduce((at, key) => at[key] as Record<string, unknown>, plan);
  holder[last] = value;
  return plan;
}

const broken: readonly (readonly [unknown, RegExp])[] = [
  [null, /\/plan is not a mount plan: not an object$/],
  [[], /not an object/],
  ['text', /not an object/],
  [{}, /has another schema: none, this helper reads overlaykit\.plan\/1/],
  [changed(['schema'], 'overlaykit.plan/2'), /has another schema: overlaykit\.plan\/2, this helper reads/],
  [changed(['schema'], 2), /has another schema: none/],
  [changed(['handOver'], null), /no handOver/],
  [changed(['handOver'], []), /no handOver/],
  [changed(['handOver', 'how'], 'switch'), /handOver\.how is neither/],
  [changed(['handOver', 'newRoot'], '/'), /handOver\.newRoot$/],
  [changed(['handOver', 'newRoot'], '/mnt/..'), /handOver\.newRoot$/],
  [changed(['handOver', 'newRoot'], '/mnt/'), /handOver\.newRoot$/],
  [changed(['handOver', 'newRoot'], undefined), /handOver\.newRoot$/],
  [changed(['handOver', 'oldRoot'], 'rom'), /handOver\.oldRoot$/],
  [changed(['handOver', 'carried'], '/proc'), /handOver\.carried$/],
  [changed(['handOver', 'carried'], ['/proc', 7]), /handOver\.carried$/],
  [changed(['handOver', 'carried'], ['/']), /handOver\.carried$/],
  [changed(['handOver', 'init'], 'sbin/init'), /handOver\.init$/],
  [helperPlan({ newRoot: '/run/merged' }), /handOver\.newRoot lies in \/run, which is carried/],
  [changed(['ladder'], {}), /its ladder has no rung "persistent"/],
  [changed(['ladder'], [null, 1, { name: 'persistent' }]), /rung "persistent" has no verify step/],
  [changed(['ladder', '0', 'steps', '0', 'target'], '/other'), /verifies another place/],
  [changed(['ladder', '0', 'steps', '0', 'fstype'], 7), /names no file system type/],
];

test('each way a plan can be wrong has its reason', (t) => {
  for (const [plan, expected] of broken) t.throws(() => read(plan), { message: expected });
});

test('a file that cannot be read or is no JSON', (t) => {
  const board = new ModelBoard({ plan: helperPlan(), failing: [1], code: 'EFBIG' });
  t.throws(() => readEntry(board, '/plan', 'persistent'), { message: 'cannot read /plan: open EFBIG' });
});

test('text becomes the bytes of UTF-8, one character each', (t) => {
  for (const text of ['', 'a', 'ÿ', 'Āß', '漢字', '🎛 b', '\u07ff\u0800\uffff']) {
    t.is(bytesOf(text), Buffer.from(text, 'utf8').toString('latin1'), text);
  }
});
