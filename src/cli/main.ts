#!/usr/bin/env node
/** The command `ovl`. */

// A stack in a bug report should name the sources and not the bundled files, which is settled when a file is loaded.
process.setSourceMapsEnabled(true);
// Whoever reads us may go at any time; write() hears of it too and judges it.
process.stdout.on('error', () => undefined);
process.stderr.on('error', () => undefined);

const { run } = await import('./run.ts');
process.exitCode = await run(process.argv.slice(2));
