#!/bin/sh
# PID 1 of the lab's initramfs on a stock kernel: loads what that kernel has as modules, makes the board's flash and
# device names, mounts the root read-only and hands over to its init, as the kernel itself does where all is built in.
#
# /lab/settings  lab_root, lab_rootfstype, lab_init, lab_root_in_memory; without lab_init, it and the root are the kernel's words
# /lab/modules   module files in the order of loading
# /lab/flash     lines "DRIVER PARAMETERS": MTD devices that phram or block2mtd are told to make
# /lab/links     lines "PATH DEVICE": names that the board file uses for devices of the lab

give_up() {
  echo "lab: $*, powering off"
  poweroff -f
}

mount -t devtmpfs dev /dev
mount -t proc proc /proc
mount -t sysfs sysfs /sys
lab_root='' lab_rootfstype='' lab_init='' lab_root_in_memory=''
# shellcheck source=/dev/null # written for each boot
. /lab/settings

# Where a boot loader of the board's own has started this, it says what the lab does not.
if [ -z "$lab_init" ]; then
  lab_init=/sbin/init
  read -r words </proc/cmdline
  for word in $words; do
    case $word in
      init=*) lab_init=${word#*=} ;;
      root=*) lab_root=${word#*=} ;;
    esac
  done
fi

while read -r module; do
  insmod "/modules/$module" || give_up "cannot load $module"
done </lab/modules

wait_for_device() {
  tries=0
  while [ ! -b "$1" ]; do
    [ "$tries" -lt 250 ] || give_up "no device $1"
    tries=$((tries + 1))
    usleep 20000
  done
}

while read -r driver parameters; do
  device=${parameters%%,*}
  [ "$driver" != block2mtd ] || wait_for_device "$device"
  echo "$parameters" >"/sys/module/$driver/parameters/$driver" || give_up "cannot make flash $parameters"
done </lab/flash

while read -r path device; do
  mkdir -p "${path%/*}"
  ln -s "$device" "$path"
done </lab/links

if [ "$lab_root_in_memory" = yes ]; then
  losetup -r "$lab_root" /lab/root.img || give_up "no loop device for the root"
else
  wait_for_device "$lab_root"
fi
mount -t "$lab_rootfstype" -o ro "$lab_root" /newroot || give_up "cannot mount the root"
mount -o move /dev /newroot/dev

# Until here the console is quiet, since kernels say much and the serial line is slow; from here on all is of interest.
echo 7 >/proc/sys/kernel/printk
umount /proc /sys
exec switch_root /newroot "$lab_init"
