/** `code` is the key of its message: `prompts.<what>`. */
export class UploadRefused extends Error {
  readonly code: string
  constructor(code: string, why: string) {
    super(why)
    this.name = 'UploadRefused'
    this.code = code
  }
}
