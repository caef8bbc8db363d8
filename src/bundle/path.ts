/**
 * Why a path must not be in a bundle, as the rest of a sentence that begins with "which"; undefined where it may.
 * A bundle's paths are relative to the board's root and say where they go without any detour.
 */
export function unsafePath(path: string): string | undefined {
  if (path === '') return 'is empty';
  if (path.startsWith('/')) return 'is absolute';
  const parts = path.split('/');
  if (parts.includes('..')) return 'leads upwards';
  if (parts.includes('.') || parts.includes('')) return 'has an empty part or a "."';
  // A replacement character stands where the bytes were no UTF-8.
  if (/[\p{Cc}\ufffd]/u.test(path)) return 'has control characters or bytes that are no text';
  return undefined;
}
