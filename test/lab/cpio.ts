/**
 * Writer of cpio archives in the format the kernel unpacks as an initial root file system ("newc",
 * Documentation/driver-api/early-userspace/buffer-format.rst). Entries are sorted, times are zero and owners are root, so the same
 * content gives the same bytes.
 */

export type ArchiveEntry =
  | { readonly kind: 'directory' }
  | { readonly kind: 'file'; readonly data: Uint8Array; readonly executable: boolean }
  | { readonly kind: 'link'; readonly target: string }
  | { readonly kind: 'console' };

const S_IFDIR = 0o040000;
const S_IFREG = 0o100000;
const S_IFLNK = 0o120000;
const S_IFCHR = 0o020000;

/** Names are relative, without a leading slash. Directories that hold an entry are added. */
export function writeCpio(entries: ReadonlyMap<string, ArchiveEntry>): Buffer {
  const all = new Map(entries);
  for (const name of entries.keys()) {
    for (let cut = name.lastIndexOf('/'); cut > 0; cut = name.lastIndexOf('/', cut - 1)) {
      const parent = name.slice(0, cut);
      if (!all.has(parent)) all.set(parent, { kind: 'directory' });
    }
  }
  const names = [...all.keys()].sort((a, b) => (a < b ? -1 : 1));
  const parts: Buffer[] = [];
  names.forEach((name, index) => {
    const entry = all.get(name);
    if (entry !== undefined) parts.push(...record(name, index + 1, entry));
  });
  parts.push(...record('TRAILER!!!', 0, null));
  return Buffer.concat(parts);
}

function record(name: string, inode: number, entry: ArchiveEntry | null): Buffer[] {
  const data = content(entry);
  const console = entry?.kind === 'console';
  const fields = [
    inode,
    mode(entry),
    0, // uid
    0, // gid
    entry?.kind === 'directory' ? 2 : 1,
    0, // mtime
    data.length,
    0, // device major
    0, // device minor
    console ? 5 : 0,
    console ? 1 : 0,
    Buffer.byteLength(name) + 1,
    0, // check
  ];
  const head = `070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}${name}\0`;
  return [padded(Buffer.from(head)), padded(data)];
}

function content(entry: ArchiveEntry | null): Buffer {
  if (entry?.kind === 'file') return Buffer.from(entry.data);
  return Buffer.from(entry?.kind === 'link' ? entry.target : '');
}

function mode(entry: ArchiveEntry | null): number {
  switch (entry?.kind) {
    case 'directory':
      return S_IFDIR | 0o755;
    case 'file':
      return S_IFREG | (entry.executable ? 0o755 : 0o644);
    case 'link':
      return S_IFLNK | 0o777;
    case 'console':
      return S_IFCHR | 0o600;
    case undefined:
      return 0;
  }
}

function padded(bytes: Buffer): Buffer {
  return bytes.length % 4 === 0 ? bytes : Buffer.concat([bytes, Buffer.alloc(4 - (bytes.length % 4))]);
}
