export { type Bundle, type BundleFormat, bundleFormats, makeBundle, type Wanted } from './bundle.ts'
export { bundleInThread } from './thread.ts'
