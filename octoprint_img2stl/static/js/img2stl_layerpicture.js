(function (Img2Stl) {
    "use strict";

    const AFTER_MS = 120; // a slider passes many layers

    // A layer as the server draws it, for browsers that cannot.
    //
    // options: {result, layer: observables; isWanted: whether it is looked at now}
    Img2Stl.LayerPicture = function (options) {
        const self = this;
        self.url = ko.observable("");
        self.isLoading = ko.observable(false);
        self.hasFailed = ko.observable(false);

        const wanted = ko.pureComputed(function () {
            const result = options.result();
            if (!result || !result.layer_url || !options.isWanted()) return "";
            const number = String(Number(options.layer()));
            return Img2Stl.url(result.layer_url).replace(/\{n\}|%7Bn%7D/i, number);
        });
        const load = function () {
            const url = wanted();
            if (!url || url === self.url()) return;
            self.isLoading(true);
            const image = new Image();
            image.onload = image.onerror = function (event) {
                if (url !== wanted()) return;
                self.isLoading(false);
                self.hasFailed(event.type === "error");
                if (event.type === "load") self.url(url);
            };
            image.src = url;
        };
        wanted.subscribe(_.debounce(load, AFTER_MS));
        self.forget = () => self.url("");
    };
})(window.Img2Stl);
