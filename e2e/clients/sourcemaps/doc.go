// Package sourcemaps tests Faultline with what people build JavaScript with: esbuild
// minifies a shop, sentry-cli uploads its source map, the shop goes wrong, and REST
// must show the lines that were written. Versions stand in package-lock.json.
package sourcemaps
