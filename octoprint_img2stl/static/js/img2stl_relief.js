(function (Img2Stl) {
    "use strict";

    // Everything the owner chooses about the relief, in millimetres.
    Img2Stl.ReliefSettings = function (root, knows) {
        const self = this;
        const kit = new Img2Stl.OptionKit(root, knows);
        self.sizes = new Img2Stl.SizeOptions(kit);
        self.tone = new Img2Stl.ToneOptions(kit);
        self.extras = new Img2Stl.ExtraOptions(kit);
        self.fineness = new Img2Stl.FinenessOptions(kit);
        self.width = self.sizes.width;
        self.shape = self.sizes.chosen;
        self.all = self.sizes.all.concat(
            self.tone.all,
            self.extras.all,
            self.fineness.all
        );

        let others = {}; // settings that this page does not show

        self.toJson = function () {
            const relief = $.extend({}, others);
            self.all.forEach((option) => (relief[option.key] = option.value()));
            return relief;
        };
        self.fromJson = function (relief) {
            const known = self.all.map((option) => option.key);
            others = _.omit(relief, known, "route");
            self.all.forEach((option) => option.set(relief[option.key]));
        };
    };
})(window.Img2Stl);
