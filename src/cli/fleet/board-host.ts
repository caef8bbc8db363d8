/** A board of a list: how it is called there, and how it is reached. */
export interface BoardHost {
  /** As the list or the person calls it. */
  readonly name: string;
  /** What ssh is told: a Host of its configuration, user@host:port. */
  readonly address: string;
  /** Path of a private key that the list names. */
  readonly identity?: string;
}
