/** Where Debian's package pocketsphinx-en-us puts the acoustic model and its list of words. */
export const MODEL_FOLDER = '/usr/share/pocketsphinx/model/en-us'
