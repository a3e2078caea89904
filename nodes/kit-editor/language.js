// Loaded first: the editor speaks Spanish unless its user chose another language in the editor's settings.
try {
  if (!localStorage.getItem('editor-language')) localStorage.setItem('editor-language', 'es-ES')
} catch {
  // no storage: the browser's language
}
document.documentElement.lang = 'es'
