/** Raw devices that exist in memory, for the helper's verbs: the DevicePort of a model board. */
import type { Device, Port } from '../../src/helper/port.ts';
import type { ArchivePort, DevicePort, FileDescription, TimePort } from '../../src/helper/storage-port.ts';
import { kernelError } from './kernel-error.ts';
import { ModelSurroundings } from './model-surroundings.ts';

export interface ModelDevice extends Device {
  /** Byte string. */
  content: string;
  /** Bytes of an erase block, for flash. */
  readonly eraseBlockBytes?: number;
  readonly inUse?: boolean;
  readOnly?: boolean;
}

export class ModelDevices
  extends ModelSurroundings
  implements DevicePort, ArchivePort, TimePort, Pick<Port, 'deviceAt' | 'setReadOnly' | 'readAt'>
{
  /** Files that copyDevice has made. */
  readonly copies = new Map<string, string>();
  private readonly devices: Readonly<Record<string, ModelDevice>>;

  constructor(devices: Readonly<Record<string, ModelDevice>>) {
    super();
    this.devices = devices;
  }

  /** Archives are made against the kernel; here nothing can be described. */
  describeIn(_directory: number, name: string): FileDescription {
    throw kernelError('stat', name, 'ENOSYS');
  }
  send(): void {
    throw kernelError('write', '', 'EPIPE');
  }
  sendIn(_directory: number, name: string): boolean {
    throw kernelError('open', name, 'ENOSYS');
  }
  sent(): { readonly bytes: number; readonly crc32: string } {
    return { bytes: 0, crc32: '00000000' };
  }

  /** Nothing takes time here; what things cost is measured against the kernel. */
  timeIn(_directory: number, name: string): number {
    throw kernelError('read', name, 'ENOSYS');
  }
  uptime(): number {
    return 0;
  }

  deviceAt(path: string): Device | undefined {
    return this.devices[path];
  }
  readAt(path: string, offset: number, length: number): string {
    return this.#at('open', path).content.slice(offset, offset + length);
  }
  copyDevice(path: string, length: number, copy: string): void {
    if (this.copies.has(copy)) throw kernelError('open', copy, 'EEXIST');
    this.copies.set(copy, this.#at('open', path).content.slice(0, length));
  }
  zeroDevice(path: string, length: number): void {
    const device = this.#at('open', path);
    if (device.inUse === true) throw kernelError('open', path, 'EBUSY');
    device.content = '\0'.repeat(length) + device.content.slice(length);
  }
  eraseFlash(path: string, bytes: number, blockBytes: number): number {
    const device = this.#at('open', path);
    if (device.content.length !== bytes || device.eraseBlockBytes !== blockBytes)
      throw kernelError('ioctl MEMGETINFO', path, 'EINVAL');
    device.content = '\xff'.repeat(bytes);
    return bytes / blockBytes;
  }
  setReadOnly(path: string): boolean {
    const device = this.#at('open', path);
    if (device.readOnly === true) return false;
    device.readOnly = true;
    return true;
  }

  #at(syscall: string, path: string): ModelDevice {
    const device = this.devices[path];
    if (device === undefined) throw kernelError(syscall, path, 'ENOENT');
    return device;
  }
}
