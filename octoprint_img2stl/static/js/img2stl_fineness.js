(function (Img2Stl) {
    "use strict";

    const STL_BYTES = 50; // a triangle in a binary STL

    // How fine the mesh is, and how large its file may become.
    Img2Stl.FinenessOptions = function (kit) {
        const self = this;
        const maxError = kit.millimetres({
            key: "max_error",
            label: gettext("Largest error of the mesh"),
            step: 0.01,
            digits: 3,
            picks: [
                {name: "default", label: gettext("Usual: 0.05 mm"), value: 0.05},
                {name: "fine", label: gettext("Fine: 0.02 mm"), value: 0.02}
            ],
            help: gettext("A larger value gives fewer triangles.")
        });
        const budget = kit.number({
            key: "budget",
            label: gettext("Triangles at most"),
            step: 10000,
            digits: 0,
            optional: true,
            placeholder: gettext("no limit"),
            help: ko.pureComputed(() =>
                budget.value()
                    ? _.sprintf(
                          gettext(
                              "That is an STL of up to %(size)s; empty for no limit."
                          ),
                          {size: formatSize(STL_BYTES * budget.value())}
                      )
                    : gettext("Empty for no limit.")
            )
        });
        self.all = [
            kit.number({
                key: "samples_per_mm",
                label: gettext("Samples per mm"),
                step: 0.5,
                optional: true,
                placeholder: gettext("automatic"),
                help: gettext("Empty: as fine as the nozzle can print.")
            }),
            maxError,
            budget
        ];
    };
})(window.Img2Stl);
