/** The helper's TypeScript as one script that the engine's compiler takes. */
import { Failure } from '../diagnostics/diagnostic.ts';

/**
 * Bundles a script.
 * @param entry path of its main file
 * @param define constants that the build puts in
 * @throws Failure OVL456 where esbuild is missing or refuses the source
 */
export async function bundleScript(entry: string, define: Readonly<Record<string, string>>): Promise<string> {
  return (await bundleWithMap(entry, define)).script;
}

export interface Bundled {
  readonly script: string;
  /** Its source map, as JSON text. */
  readonly map: string;
}

/** The same, and where each part of it comes from. */
export async function bundleWithMap(
  entry: string,
  define: Readonly<Record<string, string>>,
): Promise<Bundled> {
  const { build } = await loadEsbuild();
  try {
    const result = await build({
      entryPoints: [entry],
      bundle: true,
      write: false,
      // The script itself does not name it.
      sourcemap: 'external',
      outfile: 'script.js',
      // A script, not a module: a module evaluates to a promise, and promises are not linked.
      format: 'iife',
      platform: 'neutral',
      target: 'es2023',
      // Names stay: they are what an error's trace is made of.
      minifySyntax: true,
      minifyWhitespace: true,
      // The installed package has no tsconfig.json at its root, and the result must not depend on one.
      tsconfigRaw: {},
      charset: 'ascii',
      legalComments: 'none',
      define: Object.fromEntries(
        Object.entries(define).map(([name, value]) => [name, JSON.stringify(value)]),
      ),
      logLevel: 'silent',
    });
    const textOf = (end: string): string =>
      result.outputFiles.find(({ path }) => path.endsWith(end))?.text ?? '';
    return { script: textOf('.js'), map: textOf('.map') };
  } catch (error) {
    throw esbuildFailure(
      'the helper cannot be bundled',
      error,
      'restore the files of the package overlaykit',
    );
  }
}

async function loadEsbuild(): Promise<typeof import('esbuild')> {
  try {
    return await import('esbuild');
  } catch (error) {
    throw esbuildFailure('esbuild is not installed', error, 'npm install esbuild, or: ovl build --no-helper');
  }
}

function esbuildFailure(message: string, cause: unknown, fix: string): Failure {
  const because = cause instanceof Error ? cause.message : String(cause);
  return new Failure({ code: 'OVL456', severity: 'error', message, because, fix }, { cause });
}
