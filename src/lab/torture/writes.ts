/** Writing: operations one after the other on one storage, over many boots; each boot ends with a power cut. */
import { join } from 'node:path';
import { provideStorage } from '../storage.ts';
import type { Bench } from './bench.ts';
import { expectationAfter, type Finding, judgeTree, type SeenTree } from './judge.ts';
import { apply, chooseOperation, commandOf, type Operation } from './operation.ts';
import { Pace } from './pace.ts';
import type { Random } from './random.ts';
import { type Cut, record } from './recording.ts';
import {
  chosenTree,
  comeUp,
  confirm,
  type JudgedCut,
  judgeRung,
  perform,
  type Scenario,
  type Session,
} from './scenario.ts';
import { factoryTree, type Tree } from './tree.ts';

export class Writes implements Scenario {
  readonly name = 'writes';
  readonly #command: (operation: Operation) => string;
  readonly #operations: Operation[] = [];
  readonly #boot = new Pace(1500);
  readonly #operation = new Pace(60);
  #tree: Tree = factoryTree;

  /** @param command how an operation is said; the tests say it wrongly, to see that the judge finds out */
  constructor(command: (operation: Operation) => string = commandOf) {
    this.#command = command;
  }

  async play({ bench, cuts, random }: Session): Promise<readonly JudgedCut[]> {
    const image = join(bench.folder, 'writes.img');
    await provideStorage(bench.storage, image);
    const before = this.#operations.length;
    const recording = await record({ bench, image, cuts, random });
    try {
      const { board } = recording;
      const boot = { cuts: Math.ceil(cuts / 8), spanMs: this.#boot.ms };
      await recording.stretch(boot, () => this.#boot.time(() => comeUp(board)));
      await recording.stretch({ cuts: 1, spanMs: this.#operation.ms }, () => confirm(board));
      while (recording.wanted > 0) {
        const operation = this.#next(random);
        const density = { cuts: random.pick([0, 1, 1, 2]), spanMs: this.#operation.ms };
        await recording.stretch(density, () =>
          this.#operation.time(() => perform(board, operation, this.#command)),
        );
      }
      const taken = await recording.end();
      return taken.map((cut) => this.#judged(cut, before, bench));
    } catch (error) {
      await recording.abandon();
      throw error;
    }
  }

  #next(random: Random): Operation {
    const number = this.#operations.length + 1;
    const operation = chooseOperation(number, this.#tree, random.of(number));
    this.#operations.push(operation);
    this.#tree = apply(operation, this.#tree);
    return operation;
  }

  /** The first two stretches are the boot and its confirmation: they acknowledge nothing. */
  #judged(cut: Cut, before: number, bench: Bench): JudgedCut {
    const acknowledged = before + Math.max(0, cut.ended - 2);
    const underWay = cut.ended > 1 && cut.begun ? this.#operations[acknowledged] : undefined;
    const operations = this.#operations.slice(0, acknowledged + (underWay === undefined ? 0 : 1));
    const judge = (tree: SeenTree): readonly Finding[] =>
      judgeTree(tree, expectationAfter(operations, acknowledged));
    return {
      cut,
      doing: cut.ended < 2 ? 'booting' : said(acknowledged, underWay),
      operation: cut.ended < 2 ? 'boot' : (underWay?.kind ?? 'idle'),
      judgeLook: (look) => {
        const chosen = chosenTree(look, bench);
        return 'tree' in chosen ? judge(chosen.tree) : chosen.findings;
      },
      judgeBoot: (boot) => [...judgeRung(boot), ...(boot.rung === 'persistent' ? judge(boot.tree) : [])],
    };
  }
}

function said(acknowledged: number, underWay: Operation | undefined): string {
  if (underWay === undefined) return `idle after operation ${acknowledged}`;
  return `operation ${underWay.number} under way: ${commandOf(underWay)}`;
}
