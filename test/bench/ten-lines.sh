#!/bin/sh
# The mounts of the board files lab-tmpfs and lab-jffs2 as one writes them by hand: no check, no way back.
mount -n -t proc -o rw,nosuid,nodev,noexec proc /proc
mount -n -t tmpfs -o rw,nosuid,nodev,size=20%,mode=0755 tmpfs /run
case ${store:?} in tmpfs) mount -n -t tmpfs -o rw,size=32m,mode=0755 tmpfs /overlay ;; *) mount -n -t jffs2 -o rw,noatime "$store" /overlay ;; esac
case $store in tmpfs) dir=/overlay ;; *) dir=/overlay/generations/1 ;; esac
mkdir -p $dir/upper $dir/work
mount -n -t overlay -o rw,lowerdir=/,upperdir=$dir/upper,workdir=$dir/work,redirect_dir=nofollow,index=off,nfs_export=off,xino=off,metacopy=off overlay /mnt
for place in /proc /dev /run /overlay; do mount -n -o move $place /mnt$place; done
cd /mnt && pivot_root . rom && cd / && exec /sbin/init
