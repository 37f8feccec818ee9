(function () {
    "use strict";

    const OURS = "img2stl";

    // OctoPrint's own dialog for slicing a file chooses nothing by itself as long as its
    // settings name a slicer that is not here; with ours as the only one there is no question.
    const Img2StlOctoSlice = function (parameters) {
        const slicing = parameters[0];
        this.onSlicingData = function (data) {
            const ready = _.keys(_.pick(data, (slicer) => slicer.configured));
            if (!slicing || ready.length !== 1 || ready[0] !== OURS) return;
            slicing.defaultSlicer = OURS;
            if (!slicing.slicer()) slicing.slicer(OURS);
        };
    };

    OCTOPRINT_VIEWMODELS.push({
        construct: Img2StlOctoSlice,
        dependencies: ["slicingViewModel"],
        optional: ["slicingViewModel"],
        elements: []
    });
})();
