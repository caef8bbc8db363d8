// biome-ignore-all lint: this file is the language itself
/**
 * The part of the language's library that the engine is linked with and the helper uses. `tsc -p src/helper` compiles
 * against this file alone, so that a missing builtin is an error on the workstation and not on the board. There are no
 * regular expressions, dates, promises, generators or typed arrays: each costs 15 to 80 KB of flash.
 */
interface Array<T> {
  readonly [Symbol.iterator]: () => IterableIterator<T>;
  [index: number]: T;
  length: number;
  every<S extends T>(test: (value: T, index: number) => value is S): this is S[];
  every(test: (value: T, index: number) => boolean): boolean;
  at(index: number): T | undefined;
  entries(): IterableIterator<[number, T]>;
  filter<S extends T>(test: (value: T) => value is S): S[];
  filter(test: (value: T) => boolean): T[];
  find(test: (value: T) => boolean): T | undefined;
  includes(value: T): boolean;
  reduce<U>(step: (sum: U, value: T) => U, start: U): U;
  indexOf(value: T, from?: number): number;
  join(separator: string): string;
  map<U>(change: (value: T) => U): U[];
  pop(): T | undefined;
  push(...values: T[]): number;
  slice(start?: number, end?: number): T[];
  some(test: (value: T) => boolean): boolean;
}
interface ReadonlyArray<T> {
  readonly [Symbol.iterator]: () => IterableIterator<T>;
  readonly [index: number]: T;
  readonly length: number;
  every<S extends T>(test: (value: T, index: number) => value is S): this is readonly S[];
  entries(): IterableIterator<[number, T]>;
  every(test: (value: T, index: number) => boolean): boolean;
  at(index: number): T | undefined;
  filter<S extends T>(test: (value: T) => value is S): S[];
  filter(test: (value: T) => boolean): T[];
  find(test: (value: T) => boolean): T | undefined;
  includes(value: T): boolean;
  join(separator: string): string;
  reduce<U>(step: (sum: U, value: T) => U, start: U): U;
  map<U>(change: (value: T) => U): U[];
  slice(start?: number, end?: number): T[];
  some(test: (value: T) => boolean): boolean;
}
interface String {
  readonly length: number;
  charAt(index: number): string;
  charCodeAt(index: number): number;
  codePointAt(index: number): number | undefined;
  endsWith(text: string): boolean;
  indexOf(text: string, from?: number): number;
  lastIndexOf(text: string): number;
  slice(start?: number, end?: number): string;
  split(separator: string): string[];
  includes(text: string): boolean;
  startsWith(text: string): boolean;
}
interface Error {
  name: string;
  message: string;
  /** A line for each function, with its offset: "    at NAME+OFFSET" (src/toolchain/offsets.ts). */
  readonly stack?: string;
}
interface Object {
  constructor: Function;
}
interface Function {
  readonly name: string;
}
interface CallableFunction extends Function {}
interface NewableFunction extends Function {}
type Boolean = {};
type Number = {};
type IArguments = {};
/** Only its name: the type checker wants it, and a literal of it has nothing that could be called. */
type RegExp = {};

/** The checker wants all three parameters before it lets anything but an array be iterated. */
interface IteratorResult<T, TReturn = any> {
  done?: boolean;
  value: T;
}
interface Iterator<T, TReturn = any, TNext = any> {
  next(): IteratorResult<T, TReturn>;
}
interface Iterable<T, TReturn = any, TNext = any> {
  [Symbol.iterator](): Iterator<T, TReturn, TNext>;
}
interface IterableIterator<T, TReturn = any, TNext = any> extends Iterator<T, TReturn, TNext> {
  [Symbol.iterator](): IterableIterator<T, TReturn, TNext>;
}
interface SymbolConstructor {
  readonly iterator: unique symbol;
}
type Symbol = {};
declare const Symbol: SymbolConstructor;

declare const Array: { isArray(value: unknown): value is unknown[] };
declare const Error: { new (message?: string): Error; (message?: string): Error; readonly prototype: Error };
declare const Math: {
  ceil(value: number): number;
  floor(value: number): number;
};
declare const Number: { (value: unknown): number; isNaN(value: number): boolean };
declare const Object: { entries<T>(value: Readonly<Record<string, T>>): [string, T][] };
declare const String: { (value: unknown): string; fromCharCode(code: number): string };

type Partial<T> = { [K in keyof T]?: T[K] };
type Readonly<T> = { readonly [K in keyof T]: T[K] };
type Pick<T, K extends keyof T> = { [P in K]: T[P] };
type Exclude<T, U> = T extends U ? never : T;
type Record<K extends string | number | symbol, T> = { [P in K]: T };
