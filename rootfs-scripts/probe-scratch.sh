# shellcheck shell=sh disable=SC2034,SC2154 # the other half of it is in probe.sh
# What `ovl probe --scratch DIR` runs after probe.sh: the only thing that writes on the board, and it takes it all away again.

# What a union on a storage can do, tried on a directory of it: NAME yes, or NAME no and what the program said.
ovl_scratch() {
  ovl_dir=$ovl_in/overlaykit-probe.$$
  if ! mkdir "$ovl_dir"; then
    ovl_why="no directory can be made in $ovl_in"
    return 1
  fi
  trap ovl_scratch_end EXIT
  # A connection that is cut off is a pipe without a reader, and no HUP where there is no terminal.
  trap 'exit 1' HUP INT PIPE TERM
  if ovl_has overlay_helper; then overlay_helper features "$ovl_dir"; fi
  ovl_scratch_union
  ovl_scratch_end
  trap - EXIT HUP INT PIPE TERM
}

ovl_scratch_end() {
  # What is the working directory of anybody cannot be unmounted.
  cd /
  umount "$ovl_dir/merged"
  rm -rf "$ovl_dir"
}

ovl_scratch_union() {
  mkdir "$ovl_dir/lower" "$ovl_dir/upper" "$ovl_dir/work" "$ovl_dir/merged" "$ovl_dir/lower/tree" "$ovl_dir/lower/gone" &&
    echo 1 >"$ovl_dir/lower/file" && echo 1 >"$ovl_dir/lower/tree/file" && echo 1 >"$ovl_dir/lower/gone/file" &&
    echo 1 >"$ovl_dir/lower/name" || return 0
  [ ! -w /dev/kmsg ] || echo "$ovl_mark" >/dev/kmsg
  ovl_try union mount -t overlay -o "lowerdir=$ovl_dir/lower,upperdir=$ovl_dir/upper,workdir=$ovl_dir/work" \
    overlay "$ovl_dir/merged" || return 0
  ovl_scratch_complaints
  cd "$ovl_dir/merged" || return 0
  ovl_try union-create mkdir fresh
  ovl_try union-delete rm file
  ovl_try union-make-again mkdir file
  ovl_try union-rename mv name renamed
  ovl_try union-rename-directory mv tree moved
  ovl_try union-remove-directory rm -r gone
}

# overlayfs tells the kernel log what it misses of the upper's file system: no program of a shell can ask for that.
ovl_scratch_complaints() {
  ovl_has dmesg || return 0
  ovl_line=$(dmesg)
  case $ovl_line in *"$ovl_mark"*) ovl_line=${ovl_line##*"$ovl_mark"} ;; *) return 0 ;; esac
  case $ovl_line in *'upper fs does not support tmpfile'*) echo 'upper-tmpfile no' ;; esac
  case $ovl_line in *'upper fs does not support RENAME_WHITEOUT'*) echo 'upper-rename-whiteout no' ;; esac
  case $ovl_line in *'upper fs does not support xattr'*) echo 'upper-xattr no' ;; esac
  case $ovl_line in *'upper fs needs to support d_type'*) echo 'upper-d-type no' ;; esac
  case $ovl_line in *'upper fs does not support file handles'*) echo 'upper-file-handles no' ;; esac
}

ovl_try() {
  ovl_name=$1
  shift
  if ovl_line=$("$@" 2>&1); then
    echo "$ovl_name yes"
  else
    echo "$ovl_name no ${ovl_line%%
*}"
    return 1
  fi
}

ovl_fact scratch ovl_scratch
