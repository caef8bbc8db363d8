/**
 * What the board runs where a folder is put together beside others, out of what those have: releases. Files are copied, not
 * linked: the one to go back to must not be damaged with the one that it stands beside, nor be taken for it (test -ef). What an
 * interrupted session left is gone on with.
 */
import { inventoryFunctions } from './inventory-script.ts';
import { endings, failing, finishing, followWords, goOn, type PlaceScripts, saying } from './script-parts.ts';

/** What a name ends with as long as it is being put together. */
export const besideSuffix = '.partial';

/** $1 is FOLDER/NAME.TOKEN: a session that was cut off and still runs on the board never has the names of the next one. */
const names = `
ovl_dest=$1 ovl_mark=$2
${saying}
ovl_new=$ovl_dest${besideSuffix}
umask 022
ovl_only=
`;

/** What arrived stays for the next session, unless it has filled the file system. */
const trouble = failing('if [ -n "$ovl_full" ]; then rm -rf "$ovl_new"; else rm -f "$ovl_new/.ovl-room"; fi');

const takeOver = `
for ovl_dir in "\${ovl_dest%.*}".*${besideSuffix}; do
  if [ ! -d "$ovl_dir" ] || [ -h "$ovl_dir" ]; then continue; fi
  if [ -e "$ovl_new" ]; then rm -rf "$ovl_dir"; else mv "$ovl_dir" "$ovl_new"; fi
done
`;

const make = `
if ! mkdir -p "$ovl_new" 2>/dev/null; then ovl_say failed read-only; exit 1; fi
cd "$ovl_new" || ovl_fail make
`;

/** The first answer is of all folders in FOLDER. */
export const besideScripts: PlaceScripts = {
  resumes: true,
  upload: `${names}${inventoryFunctions}
ovl_sorts=$3
if ! cd "\${ovl_dest%/*}" 2>/dev/null; then ovl_say failed no-parent; exit 0; fi
${takeOver}
ovl_tools
ovl_list . "$ovl_sorts"
${trouble}${goOn()}${make}
if [ $# -gt 0 ]; then rm -rf "$@" || ovl_fail remove; fi
ovl_fill || ovl_fail copy
ovl_unpack || ovl_fail unpack
${finishing()}`,
  prepare: `${names}${trouble}
shift 3
${make}${followWords}`,
  ...endings(names, trouble, inventoryFunctions),
};
