/** The identity that `ovl image` writes: the same for the same content, whatever has been installed in it before. */
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { type ImageType, installBundle, readImageFile } from '../../src/image/index.ts';
import { baseIdentity } from '../../src/shared/base.ts';
import { installRequest } from '../support/image/request.ts';
import { makeImage } from '../support/image/small-root.ts';
import { testWith } from '../support/needs.ts';

async function identity(image: string): Promise<string | undefined> {
  return baseIdentity(Buffer.from((await readImageFile(image, '/etc/overlaykit/base')) ?? []).toString());
}

const packers: Readonly<Record<ImageType, readonly string[]>> = {
  squashfs: ['mksquashfs', 'TREE', 'IMAGE', '-noappend', '-quiet', '-no-progress', '-all-root'],
  cramfs: ['mkfs.cramfs', 'TREE', 'IMAGE'],
};

for (const type of ['squashfs', 'cramfs'] as const) {
  testWith('mksquashfs', ...(type === 'cramfs' ? (['mkfs.cramfs'] as const) : []))(
    `${type}: a file's content, mode or name make another base; a newer bundle and another hour do not`,
    async (t) => {
      let tree = '';
      const { folder } = await makeImage(t, async (root) => {
        tree = root;
        await mkdir(join(root, 'etc'), { recursive: true });
        await writeFile(join(root, 'etc/motd'), 'version 1\n');
        await writeFile(join(root, 'etc/large'), Buffer.alloc(300_000, 'v1'));
      });
      let number = 0;
      const packed = async (change: () => Promise<unknown>): Promise<string> => {
        await change();
        const image = join(folder, `${type}-${number++}`);
        const [program = '', ...words] = packers[type];
        await execa(
          program,
          words.map((word) => (word === 'TREE' ? tree : word === 'IMAGE' ? image : word)),
        );
        return image;
      };
      const installed = async (image: string, more: string): Promise<string> => {
        const request = installRequest(image, `${image}.out`);
        const extra = { path: 'etc/overlaykit/plan.json', mode: 0o644, content: Buffer.from(more) };
        const files = [...request.files.filter(({ path }) => path !== extra.path), extra];
        await installBundle({ ...request, files });
        return `${image}.out`;
      };
      const first = await packed(async () => {});
      const v1 = await identity(await installed(first, 'one plan'));
      t.truthy(v1);
      t.is(await identity(await installed(first, 'another plan, much longer')), v1);
      const again = await installed(await installed(first, 'one plan'), 'a newer plan');
      t.is(await identity(again), v1);
      t.is(
        await identity(await installed(await packed(() => execa('touch', [join(tree, 'etc/motd')])), '')),
        v1,
      );
      const others = [
        () => writeFile(join(tree, 'etc/motd'), 'version 2\n'),
        () => chmod(join(tree, 'etc/motd'), 0o600),
        () => execa('mv', [join(tree, 'etc/motd'), join(tree, 'etc/issue')]),
        () => writeFile(join(tree, 'etc/large'), Buffer.alloc(300_000, 'v2')),
        () => execa('ln', ['-s', 'issue', join(tree, 'etc/link')]),
      ];
      const seen = [v1];
      for (const change of others) seen.push(await identity(await installed(await packed(change), '')));
      t.is(new Set(seen).size, others.length + 1, seen.join('\n'));
      t.false(seen.includes(undefined));
    },
  );
}
