/**
 * A text as a byte string: its UTF-8 bytes, one character each. Everything that goes to the kernel is a byte string; what
 * plan.json says is text.
 */
export function bytesOf(text: string): string {
  let bytes = '';
  for (let index = 0; index < text.length; index++) {
    const point = text.codePointAt(index) ?? 0;
    if (point > 0xffff) index++;
    bytes += encoded(point);
  }
  return bytes;
}

function encoded(point: number): string {
  if (point < 0x80) return String.fromCharCode(point);
  if (point < 0x800) return String.fromCharCode(0xc0 | (point >> 6)) + tail(point, 0);
  if (point < 0x10000) return String.fromCharCode(0xe0 | (point >> 12)) + tail(point, 6) + tail(point, 0);
  return String.fromCharCode(0xf0 | (point >> 18)) + tail(point, 12) + tail(point, 6) + tail(point, 0);
}

function tail(point: number, shift: number): string {
  return String.fromCharCode(0x80 | ((point >> shift) & 0x3f));
}
