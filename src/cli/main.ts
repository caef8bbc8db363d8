#!/usr/bin/env node
/** The command `ovl`. */
import { run } from './run.ts';

// A stack in a bug report should name the sources and not the bundled file.
process.setSourceMapsEnabled(true);
// Whoever reads us may go at any time; write() hears of it too and judges it.
process.stdout.on('error', () => undefined);
process.stderr.on('error', () => undefined);
process.exitCode = await run(process.argv.slice(2));
