/**
 * Takes the ELF kernel out of an x86 vmlinuz. QEMU starts an ELF kernel directly (PVH); the decompressor inside vmlinuz
 * costs three processor seconds of every boot when it is emulated.
 */
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { Failure } from '../../diagnostics/diagnostic.ts';
import { runTool } from '../../system/process.ts';

/** Magic numbers of the compressions, and the tool that undoes each, writing the file without its suffix. */
const compressions = [
  { magic: 'fd377a585a00', suffix: 'xz', tool: 'xz', appendsSize: true },
  { magic: '28b52ffd', suffix: 'zst', tool: 'zstd', appendsSize: true },
  { magic: '02214c18', suffix: 'lz4', tool: 'lz4', appendsSize: true },
  // gzip has the unpacked size at its end by itself; the others get it appended by the kernel's build.
  { magic: '1f8b08', suffix: 'gz', tool: 'gzip', appendsSize: false },
] as const;

const elfMagic = '7f454c46';

/**
 * Writes the ELF kernel to `out`.
 * @throws Failure OVL407 when the file is not a kernel or compressed in an unknown way
 */
export async function extractVmlinux(vmlinuz: string, out: string): Promise<void> {
  const payload = payloadOf(await readFile(vmlinuz), vmlinuz);
  const compression = compressions.find(({ magic }) => startsWith(payload, magic));
  if (compression === undefined) throw unknownForm(vmlinuz, 'its payload is compressed in an unknown way');
  const packed = `${out}.${compression.suffix}`;
  await writeFile(packed, compression.appendsSize ? payload.subarray(0, -4) : payload);
  await unpack(compression.tool, packed, out);
  const kernel = await readFile(out);
  if (!startsWith(kernel, elfMagic)) throw unknownForm(vmlinuz, 'what it holds is not an ELF program');
}

/** The boot protocol's header says where the payload is (Documentation/x86/boot.rst: setup_sects, payload_offset). */
function payloadOf(bytes: Buffer, name: string): Buffer {
  const protocol = bytes.length > 0x260 && bytes.toString('latin1', 0x202, 0x206) === 'HdrS';
  if (!protocol) throw unknownForm(name, 'it has no x86 boot header');
  const setupSectors = bytes.readUInt8(0x1f1) || 4;
  const start = (setupSectors + 1) * 512 + bytes.readUInt32LE(0x248);
  const payload = bytes.subarray(start, start + bytes.readUInt32LE(0x24c));
  if (payload.length < 8) throw unknownForm(name, 'its boot header points outside the file');
  return payload;
}

async function unpack(tool: 'xz' | 'zstd' | 'lz4' | 'gzip', packed: string, out: string): Promise<void> {
  if (tool === 'lz4') {
    await runTool('lz4', ['-d', '-q', '-f', packed, `${out}.unpacked`]);
    await rename(`${out}.unpacked`, out);
  } else {
    await runTool(tool, ['-d', '-q', '-k', '-f', packed]);
  }
  await rm(packed);
}

function startsWith(bytes: Buffer, magic: string): boolean {
  return bytes.subarray(0, magic.length / 2).toString('hex') === magic;
}

function unknownForm(name: string, because: string): Failure {
  return new Failure({
    code: 'OVL407',
    severity: 'error',
    message: `${name} is not a kernel the lab can take apart`,
    because,
    fix: 'use a kernel package of Debian 11 or newer',
  });
}
