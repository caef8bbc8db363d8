/** The part of the board file's vocabulary that is for reaching a board and telling it what to boot. */
import * as z from 'zod';
import { bootLoaderChoices } from '../shared/boot-loader.ts';
import { legacyAlgorithms } from './legacy-algorithms.ts';
import { absolutePath, must, word } from './values.ts';

export const target = z
  .strictObject({
    host: word('a host', 'a host name or address has no blanks and does not start with "-"', /^[^\s-]\S*$/)
      .describe('Host name, address, or Host of the ssh configuration.')
      .meta({ examples: ['192.168.1.1'] }),
    user: word('a user name', 'a user name has no blanks and does not start with "-"', /^[^\s-]\S*$/)
      .optional()
      .describe('User to log in as.'),
    port: z.int().min(1).max(65535).optional().describe('TCP port.'),
    legacy_algorithms: z
      .array(z.enum(legacyAlgorithms))
      .default([])
      .describe('Old algorithms that are offered too, because its SSH server has no others.')
      .meta({ examples: [['diffie-hellman-group1-sha1', 'ssh-rsa']] }),
  })
  .describe('Where the board is reached over SSH.');

export const bootLoader = z
  .strictObject({
    type: z
      .enum(
        bootLoaderChoices,
        must('a boot loader', 'boot_loader.type names what gives the kernel its command line'),
      )
      .describe(
        'Which boot loader it is: grub-d where the board has update-grub, grub-cfg where grub.cfg itself is edited; none where somebody else sets init=/sbin/overlay_init.',
      ),
    file: absolutePath
      .optional()
      .describe(
        'Where its configuration is on the running board; the usual places are looked at otherwise. With u-boot that is the file by which fw_printenv and fw_setenv find the environment.',
      )
      .meta({ examples: ['/boot/extlinux/extlinux.conf', '/etc/fw_env.config'] }),
  })
  .describe(
    'What `ovl deploy` tells the init, and the root where a root image is written. Without it the first one that is found is taken.',
  );
