/**
 * How a board is asked for what a folder has. Its programs are asked only for what they all print alike: messages, dates and
 * the columns of ls differ between them.
 */
import { digestPrograms } from './digest.ts';
import { seenFunctions } from './seen.ts';

const looked = ['tar', 'gunzip', 'find', 'cp', 'sync', 'readlink', 'sed'] as const;

/**
 * Shell functions. ovl_tools looks what the board has, and ovl_tell prints it; ovl_list FOLDER SORTS prints what the folder
 * has; $ovl_form may be known to ovl_tools before. Every part begins with a line that starts with $ovl_mark, a word that no file name has, and names end with NUL where
 * find can do that. Where it has -printf, one walk tells all but the digests. SORTS is expressionOf(sorts). $ovl_only
 * narrows which files get digests; where find does not know it, all get them. ovl_sums may be replaced by a function that makes
 * the same digests without a walk.
 */
export const inventoryFunctions = `${seenFunctions}
ovl_form=
ovl_sums() { false; }
ovl_gathered() {
  case " $ovl_have " in *' sed '*) sed -n p ;; *) cat ;; esac
}
ovl_tools() {
  ovl_digest=
  for ovl_word in ${digestPrograms.join(' ')}; do
    if [ -z "$ovl_digest" ] && command -v "$ovl_word" >/dev/null 2>&1; then ovl_digest=$ovl_word; fi
  done
  ovl_digest=\${ovl_digest:-wc -c}
  ovl_have=
  for ovl_word in ${looked.join(' ')}; do
    if command -v "$ovl_word" >/dev/null 2>&1; then ovl_have="$ovl_have $ovl_word"; fi
  done
  [ -n "$ovl_form" ] || ovl_look
  ovl_end=-print0
  [ "$ovl_form" = printf ] || find / -prune -print0 >/dev/null 2>&1 || ovl_end=-print
}
ovl_tell() {
  ovl_say "programs $ovl_have"
  ovl_say "digest $ovl_digest"
  ovl_say "end $ovl_end"
  ovl_say "form $ovl_form"
}
ovl_list() (
  ovl_tell
  cd "$1" 2>/dev/null || exit 0
  ovl_say there
  if [ "$ovl_form" = printf ]; then
    ovl_say entries
    ovl_plain
    echo
  else
    ovl_say names
    eval "find . $2"
    echo
    ovl_say links
    find . -type l -exec sh -c 'for ovl_link; do printf "%s//" "$ovl_link"; readlink "$ovl_link" && echo; done' sh {} +
  fi
  ovl_say sums
  { [ -n "$ovl_only" ] && ovl_sums 2>/dev/null; } || {
    find . -type f $ovl_only -exec $ovl_digest {} + 2>/dev/null || find . -type f -exec $ovl_digest {} +
  } | ovl_gathered
  ovl_say done
)
`;
