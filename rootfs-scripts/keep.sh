# shellcheck shell=sh
# shellcheck disable=SC2154 # state.sh names the variables
# What a factory reset keeps.

# keep_paths PATH...: copies each from the upper of the active generation into the new one, with the directories above it.
# A path that was never changed is not in the upper, and the root image has it anyway.
# applets: cp
keep_paths() {
  ovl_from=$ovl_storage/generations/$ovl_active/upper
  ovl_to=$ovl_storage/generations/$ovl_generation/upper
  for ovl_path; do
    [ -e "$ovl_from$ovl_path" ] || [ -h "$ovl_from$ovl_path" ] || continue
    keep_parents "${ovl_path%/*}" && cp -a "$ovl_from$ovl_path" "$ovl_to$ovl_path" || return 1
  done
}

# keep_parents PATH: the directories down to PATH, with their owner and mode: a directory of the upper hides those of the
# root image.
# applets: mkdir stat chmod chown
keep_parents() {
  ovl_parent=
  ovl_left=${1#/}
  while [ -n "$ovl_left" ]; do
    ovl_parent=$ovl_parent/${ovl_left%%/*}
    case $ovl_left in */*) ovl_left=${ovl_left#*/} ;; *) ovl_left= ;; esac
    [ -d "$ovl_to$ovl_parent" ] && continue
    mkdir "$ovl_to$ovl_parent" &&
      chown "$(stat -c %u:%g "$ovl_from$ovl_parent")" "$ovl_to$ovl_parent" &&
      chmod "$(stat -c %a "$ovl_from$ovl_parent")" "$ovl_to$ovl_parent" || return 1
  done
}
