/** One row of the code table: the title shown in lists, and the long text that `ovl explain CODE` prints. */
export interface CodeEntry {
  /** What is wrong, in one line, without naming a particular value. */
  readonly title: string;
  /** Plain text in short paragraphs: when it is reported, why it matters on a board, what to do. */
  readonly explanation: string;
}
