/** What a storage in memory has around it: somebody who listens, and time that passes. */
export class ModelSurroundings {
  readonly logged: string[] = [];
  readonly printed: string[] = [];
  readonly complaints: string[] = [];

  log(_level: number, line: string): void {
    this.logged.push(line);
  }
  print(line: string): void {
    this.printed.push(line);
  }
  complain(line: string): void {
    this.complaints.push(line);
  }
  sleep(_seconds: number): void {}
  mkdir(_path: string): boolean {
    return true;
  }
}
