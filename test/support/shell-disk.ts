/**
 * A storage device for a board made of nothing but a shell: whether it mounts, what is at its beginning, and whether a mark
 * behind it says that it is half-made. The programs that a boot touches it with change these as the real ones would.
 */
import type { ShellBoard, ShellBoardFiles } from './shell-board.ts';

/** What is at its beginning: nothing, something that is no file system, or one that mounts. */
export type Head = 'blank' | 'noise' | 'fine';

export const diskPath = '/dev/disk';
const [head, mark] = ['/dev/state/head', '/dev/state/mark'];

/** Puts the device into a state, before a boot. */
export async function setDisk(board: ShellBoard, state: Head, marked = false): Promise<void> {
  await board.write(head, `${state}\n`);
  await (marked ? board.write(mark, '') : board.remove(mark));
}

export async function readDisk(board: ShellBoard): Promise<string> {
  return (await board.read(head)).trim();
}

/** Whatever it is called: the disk, or the flash that /proc/mtd tells of. */
const mount = `
case " $* " in
  *' ${diskPath} '* | *' mtd1 '*)
    read -r head <${head}
    [ "$head" = fine ] || {
      echo "mount: mounting it failed: Invalid argument" >&2
      exit 255
    }
    ;;
esac
`;

const dd = `
case "$*" in
  *if=/*zero*of=*seek=*) rm ${mark} ;;
  *if=/*zero*of=*) echo blank >${head} ;;
  *of=*seek=*) echo marked >${mark} ;;
  *skip=*) [ ! -e ${mark} ] || echo 'overlaykit is making a storage here' ;;
  *) read -r head <${head} && { [ "$head" = blank ] || echo "$head"; } ;;
esac
`.replace('rm ', '/shells/busybox rm -f ');

/** What a board with such a device has beside its script. */
export const diskFiles: Pick<ShellBoardFiles, 'before' | 'programs' | 'blockNode' | 'sys'> = {
  blockNode: diskPath,
  before: { mount },
  programs: {
    dd,
    tr: 'exec /shells/busybox tr "$@"\n',
    ls: `echo 'brw-------    1 0        0           7,   0 Jan  1 00:00 ${diskPath}'\n`,
    'mkfs.ext4': `echo fine >${head}\n`,
    // Exit code 1: the file system was mended.
    e2fsck: `echo fine >${head}\nexit 1\n`,
  },
  sys: { '/sys/dev/block/7:0/size': '32768\n' },
};

/** What plays overlay_helper: it leaves entering to the board, and erases flash that is marked for that. */
export const helperText = `#!/shells/busybox sh
case $1 in
  verify) exit 101 ;;
  storage)
    echo fine >${head}
    exit 0
    ;;
  enter)
    shift 3
    unset OVERLAYKIT_SO_FAR OVERLAYKIT_REASONS OVERLAYKIT_NOTES OVERLAYKIT_JOB OVERLAYKIT_AFTER
    exec /sbin/init "$@"
    ;;
esac
exit 1
`;
