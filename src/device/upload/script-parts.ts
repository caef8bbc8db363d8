/**
 * Parts of what the board runs while files come: how trouble is told, how what is to be done is read from stdin, and how it ends.
 * They need $ovl_mark, $ovl_dest, $ovl_new and ovl_say.
 */
import { quote } from '../../render/quote.ts';
import { portionFunctions, type Staying } from './portions.ts';
import { stampWriting } from './stamp.ts';

/** Shell function: a line of the script's own, with $ovl_mark in front. */
export const saying = 'ovl_say() { echo "$ovl_mark $*"; }';

/**
 * The answer says what room there was.
 * @param leaving shell text that takes the staged part away, or keeps it; $ovl_full is empty where there was room
 */
export function failing(leaving: string): string {
  return `
trap '' HUP
ovl_place=\${ovl_dest%/*}
ovl_place=\${ovl_place:-/}
ovl_fail() {
  ovl_say "failed $1"
  ovl_say room
  df -Pk "$ovl_place" 2>/dev/null
  echo
  ovl_full=
  if [ -d "$ovl_new" ] && ! echo room 2>/dev/null >"$ovl_new/.ovl-room"; then ovl_full=yes; ovl_say full; fi
  ${leaving}
  exit 1
}
`;
}

/**
 * What arrived is read while it is written through. sync -f writes this file system only; programs without it do all of them.
 * @param more shell text that tells something else of the folder
 */
export function finishing(more = ''): string {
  return `
cd / || ovl_fail make
{ sync -f "$ovl_new" 2>/dev/null || sync; } &
ovl_syncing=$!
ovl_list "$ovl_new" "$ovl_sorts"
${more}
wait "$ovl_syncing" || exit 1
ovl_say synced
`;
}

const goLine = 'go';

/** Names of files that are given to the digest program without a walk for them. */
const mostNamed = 200;

/** What is done on the board before the archive comes. */
export interface Preparation {
  /** `reuse`: what is there is linked; `beside`: what others have is copied; `fresh`: nothing is there before. */
  readonly way: 'reuse' | 'beside' | 'fresh';
  /** Paths that are removed first. */
  readonly replaced: readonly string[];
  /** Files that are copied from elsewhere on the board: paths as the staged folder sees them. */
  readonly copies: readonly Copy[];
}

export interface Copy {
  readonly from: string;
  readonly to: string;
}

/** How the archive is taken. */
export interface Taking {
  /** Packed; only where the way is "beside". */
  readonly packed?: boolean;
  /** Where the archive does not end stdin. */
  readonly staying?: Staying;
}

/** tar reads its stdin to the end: where something is to follow the archive, head gives it no more than that. */
function takeLines(way: Preparation['way'], staying: Staying | undefined): string {
  if (staying === undefined) return 'tar xpf -';
  if (staying.kind === 'whole') return `head -c ${staying.bytes} | tar xpf -`;
  const portions = staying.portions.map(({ names, bytes }) => `ovl_portion ${names.length} ${bytes}`);
  // Of a new folder too, the digests that have been told are not made again.
  const only = way === 'fresh' ? "ovl_only='-links 1'\n" : '';
  return `${only}ovl_say arriving\n${portions.join(' &&\n')}`;
}

/**
 * What goOn is told on stdin before the archive.
 * @param files paths of the files that come
 */
export function receiveLines(
  mark: string,
  { way, replaced, copies }: Preparation,
  files: readonly string[],
  taking: Taking = {},
): Uint8Array {
  const words = (paths: readonly string[]): string => paths.map((path) => quote(`./${path}`)).join(' ');
  const sums =
    way !== 'reuse' || files.length > mostNamed || taking.staying?.kind === 'portions'
      ? ''
      : `ovl_sums() { ${files.length === 0 ? ':' : `$ovl_digest ${words(files)}`}; }\n`;
  const fill = copies.map(({ from, to }) => `cp -p ${words([from, to])}`).join(' && ');
  const tar = taking.packed === true ? 'gunzip -c | tar xpf -' : 'tar xpf -';
  const takes =
    way === 'beside'
      ? `ovl_fill() { ${fill || ':'}; }\novl_unpack() { ${tar}; }\n`
      : `ovl_take() {\n${takeLines(way, taking.staying)}\n}\n`;
  const stays =
    taking.staying === undefined
      ? 'ovl_stays=\n'
      : `${stampWriting}${taking.staying.kind === 'whole' ? '' : portionFunctions}`;
  const head = `ovl_way=${way}\n${stays}`;
  return Buffer.from(`${head}${sums}${takes}set -- ${words(replaced)}\n${mark} ${goLine}\n`);
}

/**
 * Nothing of the instructions is begun with before all of them are there.
 * @param givingUp shell text for where they do not come
 * @param meanwhile shell text for while they are thought about
 */
export function goOn(givingUp = ':', meanwhile = ''): string {
  return `
ovl_say asked
${meanwhile}
ovl_rest=
while IFS= read -r ovl_line && [ "$ovl_line" != "$ovl_mark ${goLine}" ]; do
  ovl_rest="$ovl_rest$ovl_line
"
done
if [ "$ovl_line" != "$ovl_mark ${goLine}" ]; then
  ${givingUp}
  exit 0
fi
eval "$ovl_rest"
`;
}

/** The instructions of a board without tar: remove PATH, copy FROM PATH, directory MODE PATH, symlink TARGET PATH. */
export const followWords = `
while [ $# -gt 0 ]; do
  case $1 in
    remove) rm -rf "$2" && shift 2 ;;
    copy) cp -p "$2" "$3" && shift 3 ;;
    directory) mkdir -p "$3" && chmod "$2" "$3" && shift 3 ;;
    symlink) ln -s "$2" "$3" && shift 3 ;;
    *) false ;;
  esac || ovl_fail unpack
done
`;

/** $3: permission bits; $4: path inside the staged folder. stdin: the bytes. */
const takeFile = `
cd "$ovl_new" || ovl_fail make
{ cat >"$4" && chmod "$3" "$4"; } || ovl_fail unpack
`;

/** What the board runs in one place. All have the words destination and mark first. */
export interface PlaceScripts {
  /** Whether what an interrupted session left is gone on with; else it is taken away. */
  readonly resumes: boolean;
  /** $3: what find is to tell (expressionOf); $4: a treeDigest, or nothing. */
  readonly upload: string;
  /** For boards without tar, as upload without stdin and without the end; $3: a way; then the words of followWords. */
  readonly prepare: string;
  /** As takeFile says. */
  readonly file: string;
  /** $3: what find is to tell. */
  readonly finish: string;
  /** Takes the staged part away again. */
  readonly discard: string;
}

/**
 * What is the same in every place.
 * @param names shell text that sets the variables
 * @param trouble what `failing` gives
 * @param inventory functions that list a folder
 */
export function endings(
  names: string,
  trouble: string,
  inventory: string,
): Pick<PlaceScripts, 'file' | 'finish' | 'discard'> {
  return {
    file: `${names}${trouble}${takeFile}`,
    finish: `${names}${trouble}${inventory}
ovl_sorts=$3
ovl_tools
${finishing()}`,
    discard: `${names}
rm -rf "$ovl_new"
`,
  };
}
