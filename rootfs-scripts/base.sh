# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # state.sh names the variables
# The base image under the upper (docs/decisions/0012). /etc/overlaykit/base says which image this is, generations/N/base
# which one the upper fits. Where both are the same, a boot pays two reads.

# same_base: whether the upper fits this image, or nothing can be said about it. Sets ovl_base.
# every boot
same_base() {
  [ -f /etc/overlaykit/base ] || return 0
  ovl_base='' ovl_fits=''
  read -r ovl_base </etc/overlaykit/base
  ovl_kept=$ovl_storage/generations/$ovl_generation
  [ ! -f "$ovl_kept/base" ] || read -r ovl_fits <"$ovl_kept/base"
  [ "$ovl_base" = "$ovl_fits" ] || late is_empty_upper
}

# is_empty_upper: a generation without anything in it fits every image; nobody notes that where its storage is read-only
# (mounted elsewhere).
is_empty_upper() {
  [ -z "$ovl_fits" ] || return 1
  for ovl_path in "$ovl_kept"/upper/* "$ovl_kept"/upper/.[!.]* "$ovl_kept"/upper/..?*; do
    [ ! -e "$ovl_path" ] && [ ! -h "$ovl_path" ] || return 1
  done
  [ "$ovl_storage" != /overlay ] || fits_base
}

# fits_base: notes that the generation fits this image. The union is not mounted before that is durable.
# applets: sync
fits_base() {
  echo "$ovl_base" >"$ovl_kept/base" && sync && return 0
  say 4 "cannot note which base image generation $ovl_generation was made on"
}

# meet_base OTHERWISE...: an upper that was made on another image is cleaned by overlay_helper; OTHERWISE is what happens
# where that cannot be done.
# every boot
meet_base() {
  same_base || late rebase || late "$@"
}

# review_base OTHERWISE...: the same, and every boot says how many paths still wait for somebody's decision.
# every boot
review_base() {
  meet_base "$@" || return 1
  [ -f "$ovl_storage/generations/$ovl_generation/base-report" ] || return 0
  read -r ovl_report <"$ovl_storage/generations/$ovl_generation/base-report"
  case $ovl_report in *" waiting=0 "* | '') return 0 ;; esac
  ovl_report=${ovl_report#* waiting=}
  late note "${ovl_report%% *} changed paths hide something new in this base image; decide with: overlay_helper base"
}

# replace_upper OTHERWISE [keep_paths PATH...]: a new, empty generation for a new image, unless somebody wants this one on it:
# it is being tried, or overlay_helper has noted so.
# Where none can be made, OTHERWISE happens to the old one.
# every boot
replace_upper() {
  same_base || late replace_other "$@"
}

# replace_other OTHERWISE [keep_paths PATH...]: the upper was made on another image.
replace_other() {
  ovl_fits=
  [ ! -f "$ovl_kept/base-accepted" ] || read -r ovl_fits <"$ovl_kept/base-accepted"
  ovl_otherwise=$1
  shift
  [ "$ovl_base" = "$ovl_fits" ] || [ "$ovl_trying" != - ] || ! put_upper_aside "$@" || return 0
  rebase || "$ovl_otherwise"
}

# rebase: whether overlay_helper has brought the upper over. What it says counts for nothing: the identity that it writes
# last does. The limit on CPU time ends a helper that loops.
rebase() {
  [ -x "$helper" ] || return 1
  (
    # shellcheck disable=SC3045 # not in POSIX, but in ash, dash and mksh
    ulimit -t 300
    exec "$helper" rebase "$ovl_generation"
  )
  ovl_fits=
  [ ! -f "$ovl_kept/base" ] || read -r ovl_fits <"$ovl_kept/base"
  [ "$ovl_base" = "$ovl_fits" ]
}

# use_anyway: with index, metacopy and redirect_dir off an upper goes by names alone, so an uncleaned one shows no wrong data.
use_anyway() {
  first_words
  note "generation $ovl_generation was made on another base image, and could not be cleaned; it is used as it is${ovl_why:+: $ovl_why}"
}

# leave_alone: an upper that would give wrong data on this image.
leave_alone() {
  refuse "generation $ovl_generation was made on another base image, and could not be cleaned for this one"
}

# put_aside_or_refuse [keep_paths PATH...]: the same, where an empty generation is better than none. One that is tried gives
# way to the active one by itself.
put_aside_or_refuse() {
  { [ "$ovl_trying" = - ] && put_upper_aside "$@"; } || leave_alone
}

# put_upper_aside [keep_paths PATH...]: a new generation becomes the active one, as a factory reset makes it; the old one gets a
# name and is the one to go back to.
put_upper_aside() {
  ovl_old=$ovl_generation
  ovl_fits=unknown
  [ ! -f "$ovl_kept/base" ] || read -r ovl_fits <"$ovl_kept/base"
  ovl_fits=${ovl_fits##* }
  new_generation false "$@" || {
    ovl_generation=$ovl_old
    note "there is no room for a generation of the new base image"
    return 1
  }
  [ -e "$ovl_kept/name" ] || echo "base-${ovl_fits%"${ovl_fits#????????}"}" >"$ovl_kept/name"
  note "generation $ovl_old was made on another base image and is set aside; generation $ovl_generation begins empty"
  ovl_active=$ovl_generation ovl_previous=$ovl_old ovl_trying=- ovl_attempts=1
  write_state || {
    ovl_generation=$ovl_old
    return 1
  }
  # Whoever goes back to it from here on wants it on this image. Not sooner: a cut would make it so.
  echo "$ovl_base" >"$ovl_kept/base-accepted"
  # What is kept was made on the old image.
  same_base || rebase || use_anyway
}
