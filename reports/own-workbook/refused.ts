/** A workbook that cannot be taken; `code` is the error's text in `locales`. */
export class WorkbookRefused extends Error {
  readonly code: string
  readonly values: Record<string, string | number>
  constructor(code: string, values: Record<string, string | number> = {}) {
    super(`workbook refused: ${code}`)
    this.code = code
    this.values = values
  }
}
