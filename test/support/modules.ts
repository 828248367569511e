/** The import graph of TypeScript sources, read from their syntax trees. */
import { readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { parseSync, Visitor } from 'oxc-parser';

export interface Import {
  /** As written. */
  readonly specifier: string;
  /** Erased by the compiler: `import type`, `export type … from`, `import('…')` in a type. */
  readonly typeOnly: boolean;
  /** The path of the imported file for a relative import, else null. */
  readonly file: string | null;
}

export interface Module {
  /** Relative to the folder that was read, with `/`. */
  readonly path: string;
  readonly imports: readonly Import[];
}

/**
 * What one source imports, in any form: `import`, `export … from`, `import()`, `import x = require()` and imports in types.
 * @throws Error for a source that does not parse, or an import whose name is not a literal
 */
export function importsOf(path: string, source: string): Import[] {
  const { program, errors } = parseSync(path, source, { sourceType: 'module' });
  if (errors.length > 0) throw new Error(`${path}: ${errors[0]?.message}`);
  const found: Import[] = [];
  const add = (specifier: unknown, typeOnly: boolean): void => {
    if (typeof specifier !== 'string') throw new Error(`${path}: an import whose name is not a literal`);
    const relative = specifier.startsWith('.');
    found.push({ specifier, typeOnly, file: relative ? posix.join(posix.dirname(path), specifier) : null });
  };
  const literal = (node: { readonly type: string; readonly value?: unknown }): unknown =>
    node.type === 'Literal' ? node.value : undefined;
  new Visitor({
    ImportDeclaration: (node) => add(node.source.value, node.importKind === 'type'),
    ExportAllDeclaration: (node) => add(node.source.value, node.exportKind === 'type'),
    ExportNamedDeclaration(node) {
      if (node.source !== null) add(node.source.value, node.exportKind === 'type');
    },
    ImportExpression: (node) => add(literal(node.source), false),
    TSImportType: (node) => add(literal(node.source), true),
    TSImportEqualsDeclaration(node) {
      if (node.moduleReference.type === 'TSExternalModuleReference')
        add(literal(node.moduleReference.expression), false);
    },
    CallExpression(node) {
      if (node.callee.type === 'Identifier' && node.callee.name === 'require') add(literal(node.arguments[0]!), false);
    },
  }).visit(program);
  return found;
}

/** Reads the named files of a folder. */
export function readModules(folder: string, paths: readonly string[]): Module[] {
  return paths.map((path) => ({ path, imports: importsOf(path, readFileSync(join(folder, path), 'utf8')) }));
}

/** One cycle of files that load each other, as the list of its files, or null. Imports of types load nothing. */
export function findCycle(modules: readonly Module[]): string[] | null {
  const byPath = new Map(modules.map((module) => [module.path, module]));
  const done = new Set<string>();
  for (const start of modules) {
    const trail: string[] = [];
    const steps: { readonly path: string; readonly next: Iterator<Import> }[] = [];
    const enter = (path: string): void => {
      trail.push(path);
      steps.push({ path, next: (byPath.get(path)?.imports ?? []).values() });
    };
    if (!done.has(start.path)) enter(start.path);
    for (let step = steps.at(-1); step !== undefined; step = steps.at(-1)) {
      const { value, done: finished } = step.next.next();
      if (finished === true) {
        done.add(step.path);
        steps.pop();
        trail.pop();
        continue;
      }
      const { file, typeOnly } = value;
      if (file === null || typeOnly || done.has(file)) continue;
      const seen = trail.indexOf(file);
      if (seen >= 0) return [...trail.slice(seen), file];
      enter(file);
    }
  }
  return null;
}
