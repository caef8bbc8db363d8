/** A script with an instruction that the board's engine lacks must not get onto a board. */
import test from 'ava';
import { expectOpcodes, leaveOutOpcodes } from '../../src/toolchain/left-out-opcodes.ts';

const dump = (instruction: string): string => `boot.js:1:421: function: one
  args: plan
  stack_size: 8
  opcodes:
        get_arg0 0: plan
        if_false8 70
   70:  ${instruction}
        return
   PC  LINE   COL
    0     1   457
`;

test('a script without them passes', (t) => {
  t.notThrows(() => expectOpcodes(dump('get_field in')));
});

test('one with them does not, wherever in the script', (t) => {
  t.throws(() => expectOpcodes(dump('in')), { message: /"in", which is left out/ });
  t.throws(() => expectOpcodes(dump('get_loc0 0: x\n        for_in_start')), { message: /"for_in_start"/ });
});

test('they are invalid in the table of the interpreter, in front of what is none at all', (t) => {
  const table = 'A\n        [ OP_COUNT ... 255 ] = &&case_default\nB\n';
  const changed = leaveOutOpcodes(table);
  t.regex(changed, /^A\n {8}\[ OP_eval \] = &&case_default,\n/);
  t.true(changed.endsWith('        [ OP_COUNT ... 255 ] = &&case_default\nB\n'));
  t.throws(() => leaveOutOpcodes('A\n'), { message: /finds what an instruction does otherwise/ });
});
