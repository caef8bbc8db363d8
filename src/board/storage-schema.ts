/** The part of the vocabulary that says where the writable layer lives. */
import * as z from 'zod';
import { absolutePath, duration, memoryLimit, must, size, text, watermark, word } from './values.ts';

export const storageTypes = ['jffs2', 'ubifs', 'ext4', 'f2fs', 'file', 'tmpfs'] as const;

const find = z
  .strictObject({
    mtd: text
      .regex(/^[^\n]*$/, must('a name of an MTD partition', 'each has one line in /proc/mtd'))
      .optional()
      .describe('Name of the MTD partition as in /proc/mtd.')
      .meta({ examples: ['rootfs_data'] }),
    mtd_number: z
      .int()
      .min(0)
      .max(255)
      .optional()
      .describe('Number N of mtdN; prefer the name, numbers move.')
      .meta({ examples: [4] }),
    ubi: text
      .optional()
      .describe('UBI volume.')
      .meta({ examples: ['ubi0:rootfs_data'] }),
    label: text
      .optional()
      .describe('Label of the file system.')
      .meta({ examples: ['overlay'] }),
    uuid: word('a UUID', 'a UUID is hexadecimal digits and "-", as blkid prints it', /^[0-9A-Fa-f-]{4,36}$/)
      .optional()
      .describe('UUID of the file system.'),
    path: absolutePath
      .optional()
      .describe('Device node, or a directory where the storage is mounted already.')
      .meta({ examples: ['/dev/mmcblk0p3'] }),
  })
  .describe('How the storage is found: exactly one of these keys.');

export const storage = z
  .strictObject({
    type: z
      .enum(
        storageTypes,
        must('a storage filesystem', 'storage.type names the file system of the writable storage'),
      )
      .describe('File system of the writable storage; tmpfs forgets everything at power-off.'),
    find: find.optional(),
    file: absolutePath
      .optional()
      .describe('With type file: path of the image file on the file system that `find` names.'),
    size: size
      .optional()
      .describe(
        'Size of the partition, checked on the board before it is touched; or the limit of the tmpfs.',
      )
      .meta({ examples: ['3.4MiB', '0x360000'] }),
    min_size: size
      .optional()
      .describe('Least size of the partition, where the exact one differs from board to board.')
      .meta({ examples: ['1MiB'] }),
    max_size: size
      .optional()
      .describe('Greatest size of the partition; a larger one is another partition.')
      .meta({ examples: ['16MiB'] }),
    erase_block: size
      .optional()
      .describe('Erase block of the flash, as in /proc/mtd (MTD only).')
      .meta({ examples: ['64KiB', '0x10000'] }),
    inodes: z.int().min(16).max(0xffff_ffff).optional().describe('Most inodes of a tmpfs.'),
    wait: duration
      .prefault('5s')
      .describe('Longest time to wait for the device.')
      .meta({ examples: ['5s', '500ms'] }),
    repair: z
      .enum(
        ['auto', 'off'],
        must('a way to repair', 'a storage is repaired where the board has the program, or not'),
      )
      .default('auto')
      .describe(
        'What becomes of an ext4 or f2fs storage that cannot be mounted and is not blank. auto: repaired by e2fsck, fsck.ext4 or fsck.f2fs where applets lists one, as far as that is safe.',
      ),
    first_boot: z
      .enum(
        ['wait', 'tmpfs'],
        must('a way to begin', 'a blank storage is made while the boot waits, or behind a rung in memory'),
      )
      .default('wait')
      .describe(
        'What a boot does that finds the storage blank. wait: makes it, then goes on. tmpfs: goes on at once in memory, makes it in the background, and copies the changes to it every 10 s until the next boot.',
      ),
    options: z
      .array(text)
      .optional()
      .describe('Mount options of the storage, one an entry; the default is noatime.')
      .meta({ examples: [['noatime', 'compr=zlib']] }),
  })
  .describe('Where the writable layer lives.');

export const tmpfsRung = z
  .strictObject({
    size: memoryLimit
      .default('50%')
      .describe('Most memory the volatile upper may take.')
      .meta({ examples: ['16MiB', '50%'] }),
    inodes: z
      .int()
      .min(16)
      .max(0xffff_ffff)
      .optional()
      .describe('Most inodes; the kernel default is one for every two pages of memory.'),
    watermark: watermark
      .prefault('80%')
      .describe('Share of the bytes or inodes in use at which the board warns, once, naming what has grown.')
      .meta({ examples: ['80%', 'off'] }),
  })
  .describe('Limits of the volatile upper of the tmpfs rung.');
