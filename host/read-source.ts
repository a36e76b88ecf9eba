/**
 * Reads one source text as the walls see it: what it imports and how, and which words it uses.
 *
 * In       TypeScript source text
 * Out      imports in the order of the text; uses of names and keywords, without comments, strings and property names
 * Touches  nothing; the parser is TypeScript's own, so no text can look like an import and not be one
 */
import ts from 'typescript'

/** How a file asks for another. `inline` is `import { type A }`: only types, yet the file is loaded. */
export type ImportForm = 'value' | 'type' | 'inline' | 'side-effect' | 'dynamic'

/** One import, export-from, `import()`, `require()` or import type. */
export interface ImportFound {
  readonly form: ImportForm
  /** As written; undefined where it is computed. */
  readonly specifier: string | undefined
  readonly line: number
}

/** One use of a name, or of `await` and `async`. `Math.random` and `Temporal.Now` are one word each. */
export interface WordFound {
  readonly word: string
  readonly line: number
}

/** A source text as the walls see it. */
export interface SourceRead {
  readonly imports: readonly ImportFound[]
  readonly words: readonly WordFound[]
}

/** Parses `source` and answers with its imports and words. */
export function readSource(source: string): SourceRead {
  const file = ts.createSourceFile('source.ts', source, ts.ScriptTarget.Latest, true)
  const imports: ImportFound[] = []
  const words: WordFound[] = []
  const visit = (node: ts.Node): void => {
    const line = file.getLineAndCharacterOfPosition(node.getStart(file)).line + 1
    const found = importOf(node)
    if (found !== undefined) imports.push({ ...found, line })
    const word = wordOf(node)
    if (word !== undefined) words.push({ word, line })
    ts.forEachChild(node, visit)
  }
  visit(file)
  return { imports, words }
}

function importOf(node: ts.Node): Pick<ImportFound, 'form' | 'specifier'> | undefined {
  if (ts.isImportDeclaration(node)) {
    return { form: formOfImport(node.importClause), specifier: textOf(node.moduleSpecifier) }
  }
  if (ts.isExportDeclaration(node) && node.moduleSpecifier !== undefined) {
    return { form: formOfExport(node), specifier: textOf(node.moduleSpecifier) }
  }
  if (ts.isImportTypeNode(node)) {
    const { argument } = node
    const literal = ts.isLiteralTypeNode(argument) ? argument.literal : undefined
    return { form: 'type', specifier: textOf(literal) }
  }
  if (ts.isExternalModuleReference(node)) {
    return { form: 'value', specifier: textOf(node.expression) }
  }
  if (ts.isCallExpression(node) && loadsCode(node.expression)) {
    return { form: 'dynamic', specifier: textOf(node.arguments[0]) }
  }
  return undefined
}

function loadsCode(callee: ts.Expression): boolean {
  if (callee.kind === ts.SyntaxKind.ImportKeyword) return true
  return ts.isIdentifier(callee) && callee.text === 'require'
}

function formOfImport(clause: ts.ImportClause | undefined): ImportForm {
  if (clause === undefined) return 'side-effect'
  if (clause.phaseModifier === ts.SyntaxKind.TypeKeyword) return 'type'
  const { name, namedBindings } = clause
  if (name !== undefined || namedBindings === undefined) return 'value'
  return ts.isNamedImports(namedBindings) ? formOfNames(namedBindings.elements) : 'value'
}

function formOfExport(node: ts.ExportDeclaration): ImportForm {
  if (node.isTypeOnly) return 'type'
  const clause = node.exportClause
  return clause !== undefined && ts.isNamedExports(clause) ? formOfNames(clause.elements) : 'value'
}

function formOfNames(names: readonly { readonly isTypeOnly: boolean }[]): ImportForm {
  return names.every(({ isTypeOnly }) => isTypeOnly) ? 'inline' : 'value'
}

function textOf(node: ts.Node | undefined): string | undefined {
  return node !== undefined && ts.isStringLiteralLike(node) ? node.text : undefined
}

function wordOf(node: ts.Node): string | undefined {
  if (node.kind === ts.SyntaxKind.AwaitExpression) return 'await'
  if (node.kind === ts.SyntaxKind.AwaitKeyword) return 'await'
  if (node.kind === ts.SyntaxKind.AsyncKeyword) return 'async'
  return ts.isIdentifier(node) && !isMemberName(node) ? wordOfName(node) : undefined
}

/** `Math` and `Temporal` are fine by most of their members; named without one, they count as the worst of them. */
function wordOfName(node: ts.Identifier): string {
  const worst = WORST_MEMBER.get(node.text)
  if (worst === undefined) return node.text
  const { parent } = node
  const member =
    (ts.isPropertyAccessExpression(parent) && parent.expression === node && parent.name.text) ||
    (ts.isQualifiedName(parent) && parent.right.text)
  return `${node.text}.${typeof member === 'string' ? member : worst}`
}

const WORST_MEMBER: ReadonlyMap<string, string> = new Map([
  ['Math', 'random'],
  ['Temporal', 'Now'],
])

/** A member of something else is not the name itself: `bar.performance`, `{ process: 1 }`. */
function isMemberName(node: ts.Identifier): boolean {
  const { parent } = node
  if (ts.isPropertyAccessExpression(parent)) return parent.name === node
  if (ts.isQualifiedName(parent)) return parent.right === node
  const named =
    ts.isPropertyAssignment(parent) ||
    ts.isPropertySignature(parent) ||
    ts.isPropertyDeclaration(parent) ||
    ts.isMethodDeclaration(parent) ||
    ts.isMethodSignature(parent) ||
    ts.isGetAccessorDeclaration(parent)
  return named && parent.name === node
}
