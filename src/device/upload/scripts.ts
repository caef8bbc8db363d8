/**
 * What the board runs during an upload. Each script says with $ovl_mark lines what became of it; nothing is read out of the
 * programs' own messages. Words: destination, mark, then the script's own.
 */
import { inventoryFunctions } from './inventory-script.ts';
import { endings, failing, finishing, followWords, goOn, type PlaceScripts, saying } from './script-parts.ts';
import { seenFunctions } from './seen.ts';
import { stampReading, stampWriting } from './stamp.ts';

/** Beside the destination, so on its file system: what is being put together, what is complete, what was there before. */
export const besides = {
  partial: '.ovl-partial',
  next: '.ovl-next',
  previous: '.ovl-previous',
  older: '.ovl-older',
  stamp: '.ovl-stamp',
  spare: '.ovl-spare',
} as const;

const names = `
ovl_dest=$1 ovl_mark=$2
${saying}
ovl_new=$ovl_dest${besides.partial} ovl_next=$ovl_dest${besides.next}
ovl_previous=$ovl_dest${besides.previous} ovl_older=$ovl_dest${besides.older} ovl_stamp=$ovl_dest${besides.stamp}
ovl_spare=$ovl_dest${besides.spare}
umask 022
ovl_only=
`;

/** A switch that a power cut interrupted between its two renames is brought to its end: what is complete goes in. */
const resume = `
if [ ! -e "$ovl_dest" ] && [ ! -h "$ovl_dest" ] && [ -d "$ovl_next" ]; then mv "$ovl_next" "$ovl_dest"; fi
`;

/** On a failure the staged part goes. */
const trouble = failing('rm -rf "$ovl_new"');

const begin = `
if [ ! -d "$ovl_place" ]; then ovl_say failed no-parent; exit 1; fi
ovl_linking=
ovl_clear() {
  if [ -e "$ovl_new" ] || [ -h "$ovl_new" ]; then rm -rf "$ovl_new"; fi
}
ovl_link() {
  if [ -n "$ovl_linking" ]; then wait "$ovl_linking"; else cp -al "$ovl_dest" "$ovl_new" 2>/dev/null; fi
}
`;

/**
 * Another tree is wanted, and the digests are on their way to whoever compares them: most of what is there will be linked, or was
 * by the upload before. What became of the destination since does not matter then: the listing is that of the links.
 */
const linkAhead = `
if [ -n "$ovl_spared" ]; then
  ovl_clear
  mv "$ovl_spare" "$ovl_new" || ovl_fail make
  ovl_link() { :; }
elif [ -n "$ovl_known" ]; then
  ovl_clear
  cp -al "$ovl_dest" "$ovl_new" 2>/dev/null &
  ovl_linking=$!
fi
`;

/** Nothing comes any more. */
const giveUp = `if [ -n "$ovl_spared" ]; then mv "$ovl_new" "$ovl_spare"; fi
if [ -n "$ovl_linking" ]; then wait "$ovl_linking"; ovl_clear; fi`;

/** For the stamp: what the folder lies on. */
const seePlace = `
ovl_see() (
  ovl_say place
  cd "$ovl_place" && ovl_real=$(pwd -P) && echo "\${ovl_real%/}/\${ovl_new##*/}"
  ovl_say mounts
  cat /proc/self/mountinfo 2>/dev/null
  ovl_say told
)
ovl_lies=
if [ -n "$ovl_known" ]; then ovl_lies=$(ovl_see); fi
`;

/** Whether the session can go on behind an archive, which needs a head that counts bytes (busybox's does, and reads further). */
const lookAhead = `
ovl_stays=
if [ -n "$ovl_once" ]; then
  case $(echo xyz | { head -c 1 2>/dev/null && read -r ovl_line && echo " $ovl_line"; }) in
    'x yz') ovl_say exactly && ovl_stays=yes ;;
    x*) ovl_stays=yes ;;
  esac
  [ -z "$ovl_stays" ] || ovl_say stays
  ovl_say ready
fi
`;

/**
 * What is the same is linked, not copied: it costs no room, and only its name is written. Its digest was made a moment ago,
 * and only what arrived, whose files have one name each, is looked at again.
 */
const copyOrMake = `
if [ "$ovl_way" = reuse ] && ovl_link; then
  ovl_only='-links 1'
else
  if [ -n "$ovl_linking" ]; then wait "$ovl_linking"; fi
  ovl_clear
  if ! mkdir "$ovl_new" 2>/dev/null; then ovl_say failed read-only; exit 1; fi
  if [ "$ovl_way" = reuse ]; then rmdir "$ovl_new" && cp -a "$ovl_dest" "$ovl_new" || ovl_fail copy; fi
fi
cd "$ovl_new" || ovl_fail make
`;

/** For the stamp: no second walk is made where the one that was made tells all of it. */
const tellSeen = `
if [ -n "$ovl_lies" ]; then
  echo "$ovl_lies"
elif [ "$ovl_form" != none ]; then
  ovl_see
fi
if [ "$ovl_form" != none ] && [ "$ovl_form" != printf ] && cd "$ovl_new"; then
  ovl_say plain
  ovl_plain 2>/dev/null
  ovl_say told
fi
`;

/**
 * The last writes. Where mv can exchange (renameat2), the destination is the old or the new folder at every moment;
 * elsewhere there are two renames, and the complete folder is under a name that the next upload finds. Old things go last, when
 * it has been said that it is done: nobody waits for that, and the next upload deletes what is left. Their name is this session's, so that one
 * that is still at it never deletes what a later one keeps. Then what is there is linked for the next upload, which has to write
 * fewer names then; it looks at the links before it takes them. stdin: what the stamp is made of, or nothing.
 */
const switching = `
trap '' HUP INT TERM PIPE
set -e
ovl_mine=$ovl_older-$ovl_mark
if [ -d "$ovl_new" ]; then
  if [ -e "$ovl_next" ]; then rm -rf "$ovl_next"; fi
  if [ -e "$ovl_dest" ]; then mv "$ovl_new" "$ovl_next"; else ovl_next=$ovl_new; fi
fi
[ -d "$ovl_next" ]
if [ -e "$ovl_dest" ]; then
  for ovl_name in "$ovl_older" "$ovl_older"-ovl-*; do
    if [ -e "$ovl_name" ]; then rm -rf "$ovl_name"; fi
  done
  if [ -e "$ovl_previous" ]; then mv "$ovl_previous" "$ovl_mine"; fi
  if $ovl_exchange && mv --exchange -T "$ovl_next" "$ovl_dest" 2>/dev/null; then
    mv "$ovl_next" "$ovl_previous"
  else
    mv "$ovl_dest" "$ovl_previous"
    mv "$ovl_next" "$ovl_dest"
  fi
else
  mv "$ovl_next" "$ovl_dest"
fi
{ sync -f "$ovl_dest" 2>/dev/null || sync; } &
ovl_syncing=$!
if read -r ovl_form ovl_sum ovl_was ovl_tree ovl_spares; then ovl_index=$(cat); else ovl_form=; fi
wait "$ovl_syncing"
ovl_say switched
set +e
ovl_tidy
exit 0
`;

/**
 * All of an upload, or all but the switch, in one session, because each costs a round trip, a login shell and the reading of its
 * script. $3: what find is to tell (expressionOf); $4: the tree that is wanted (treeDigest), or nothing where no stamp is to
 * be believed; $5: not empty where the switch follows. What the destination has is the first answer; stdin then says how it goes on (receiveLines), or ends where
 * nothing is to be done, and the archive follows, and the word to switch where the session stays; while that is thought about, mv is asked
 * whether it can exchange. Where there is no destination,
 * no digest is made before.
 */
const uploadScript = dense(`${names}${inventoryFunctions}${stampReading}${resume}
ovl_sorts=$3 ovl_once=$5 ovl_exchange=true
if [ -h "$ovl_dest" ] || { [ -e "$ovl_dest" ] && [ ! -d "$ovl_dest" ]; }; then ovl_say failed in-the-way; exit 0; fi
ovl_known= ovl_spared=
if [ -n "$4" ] && [ -d "$ovl_dest" ] && ovl_read_stamp; then
  if [ "$ovl_tree" != "$4" ] && [ -d "$ovl_spare" ] && [ ! -h "$ovl_spare" ] && [ -O "$ovl_spare" ] && ovl_stamped "$ovl_spare"; then
    ovl_known=yes ovl_spared=yes
  elif ovl_stamped "$ovl_dest"; then
    ovl_known=yes
    if [ "$ovl_tree" = "$4" ]; then
      ovl_say there
      ovl_say same
      ovl_say asked
      exit 0
    fi
  fi
fi
${trouble}${begin}${linkAhead}
[ -n "$ovl_known" ] || ovl_form=
ovl_tools
if [ -n "$ovl_known" ]; then
  ovl_tell
  ovl_say there
  ovl_say stamp
  cat "$ovl_stamp"
  ovl_say done
else
  ovl_list "$ovl_dest" "$ovl_sorts"
fi
${goOn(giveUp, `${lookAhead}${seePlace}`)}
[ -n "$ovl_linking$ovl_spared" ] || ovl_clear
${copyOrMake}
if [ $# -gt 0 ]; then rm -rf "$@" || ovl_fail remove; fi
ovl_take || ovl_fail unpack
${finishing(tellSeen)}
[ -n "$ovl_stays" ] || exit 0
[ ! -d "$ovl_dest" ] || case $(mv --help 2>&1) in *--exchange*) ;; *) ovl_exchange=false ;; esac
if ! read -r ovl_line || [ "$ovl_line" != "$ovl_mark switch" ]; then
  ovl_clear
  exit 0
fi
${switching}`);

/** What is run to bring a folder to a state. */
export const folderScripts: PlaceScripts = {
  resumes: false,
  upload: uploadScript,
  prepare: `${names}${trouble}
ovl_way=$3
shift 3
${begin}
ovl_clear
${copyOrMake}${followWords}`,
  ...endings(names, trouble, inventoryFunctions),
};

/** The switch as a session of its own. stdin: what the stamp is made of, or nothing. */
export const switchScript = `${names}${seenFunctions}${stampWriting}
ovl_exchange=true
${switching}`;

/** Without what is only there for people: a command line has room for 8900 bytes on many boards. */
function dense(text: string): string {
  return text.replace(/\n[ \n]+/g, '\n');
}
