/**
 * How a list of tasks looks while it runs: one line for each, written when it is done and never touched again. On a
 * terminal the line of the task that runs is there already, with the last thing that it said; in a pipe it is not.
 *
 * A task's output is what it came to, and stands behind its title.
 */
import { styleText } from 'node:util';
import {
  type ListrRenderer,
  type ListrRendererFactory,
  type ListrRendererTask,
  ListrTaskEventType,
  ListrTaskState,
} from 'listr2';

export interface StepsRendererOptions {
  readonly write: (text: string) => void;
  /** Whether a line can be written over. */
  readonly live: boolean;
  /** Whether titles of steps may be bold. */
  readonly styled: boolean;
  /** Columns of the terminal; a line that is written over must not be wrapped. */
  readonly columns: number;
}

type Task = ListrRendererTask<ListrRendererFactory>;

/** Column at which outputs begin. */
const outputColumn = 38;

const overwrite = '\r\x1b[K';

export class StepsRenderer implements ListrRenderer {
  static readonly nonTTY = true;
  static readonly rendererOptions: StepsRendererOptions;
  static readonly rendererTaskOptions: never;
  readonly #tasks: readonly Task[];
  readonly #options: StepsRendererOptions;
  readonly #written = new Set<Task>();
  #open: Task | undefined;

  constructor(tasks: Task[], options: StepsRendererOptions) {
    this.#tasks = tasks;
    this.#options = options;
  }

  render(): void {
    this.#follow(this.#tasks, 0);
  }

  /** The line of a task that never ended is not left half-drawn. */
  end(): void {
    if (this.#open !== undefined && this.#options.live) this.#options.write(overwrite);
    this.#open = undefined;
  }

  #follow(tasks: readonly Task[], depth: number): void {
    for (const task of tasks) {
      task.on(ListrTaskEventType.STATE, (state) => {
        if (state === ListrTaskState.STARTED) this.#draw(task, depth);
        if (state === ListrTaskState.COMPLETED) this.#finish(task, depth);
        if (state === ListrTaskState.FAILED) this.#finish(task, depth, 'failed');
      });
      task.on(ListrTaskEventType.OUTPUT, () => this.#draw(task, depth));
      task.on(ListrTaskEventType.SUBTASK, (subtasks) => {
        this.#finish(task, depth);
        this.#follow(subtasks, depth + 1);
      });
    }
  }

  #draw(task: Task, depth: number): void {
    if (!this.#options.live || this.#written.has(task)) return;
    this.#open = task;
    this.#options.write(`${overwrite}${this.#line(task, depth, task.output, this.#options.columns - 1)}`);
  }

  #finish(task: Task, depth: number, output: string | undefined = task.output): void {
    if (this.#written.has(task)) return;
    this.#written.add(task);
    this.#open = undefined;
    const start = this.#options.live ? overwrite : '';
    this.#options.write(`${start}${this.#line(task, depth, output)}\n`);
  }

  #line(task: Task, depth: number, output = '', width = Number.POSITIVE_INFINITY): string {
    const indent = depth === 0 ? '‣ ' : '  '.repeat(depth + 1);
    const title = task.title ?? '';
    const gap = output === '' ? '' : ' '.repeat(Math.max(2, outputColumn - indent.length - title.length));
    const text = `${indent}${title}${gap}${output}`.slice(0, width);
    return depth === 0 && this.#options.styled ? bold(text, indent.length + title.length) : text;
  }
}

function bold(text: string, length: number): string {
  return styleText('bold', text.slice(0, length), { validateStream: false }) + text.slice(length);
}
