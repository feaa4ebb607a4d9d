"""The words of the tables and pictures, in English and Chinese."""

LANGUAGES = ("en", "zh")
WORDS = {
    "plain_python": ("plain Python", "纯 Python"),
    "futures": ("concurrent.futures", "concurrent.futures"),
    "joblib": ("joblib", "joblib"),
    "dask": ("Dask", "Dask"),
    "spark": ("PySpark", "PySpark"),
    "ray": ("Ray", "Ray"),
    "tool": ("tool", "工具"),
    "start": ("start-up", "启动"),
    "shared_array": ("one array, 40 tasks", "一个数组，40 个 task"),
    "tree_reduction": ("tree reduction", "树形归约"),
    "batches": ("short calls in batches", "短调用分组"),
    "vectorised": ("one NumPy call", "一次 NumPy 调用"),
    "state": ("state", "状态"),
    "dynamic_graph": ("tasks found while others run", "运行中出现的 task"),
    "400 MB": ("400 MB", "400 MB"),
    "32 arrays": ("32 arrays", "32 个数组"),
    "20,000 calls": ("20,000 calls", "20,000 次调用"),
    "160 MB": ("160 MB", "160 MB"),
    "1 batch": ("1 call", "1 次调用"),
    "100 batches": ("100 calls", "100 次调用"),
    "150 pages": ("150 tasks", "150 个 task"),
    "seconds": ("seconds", "秒"),
    "task_cost": ("empty task, µs", "一个空 task，微秒"),
    "efficient": ("90% from a length of", "达到 90% 所需的 task 时长"),
    "never": ("–", "–"),
    "results": ("results", "得到的结果"),
    "again": ("tasks rerun", "重新执行的 task"),
    "error": ("error", "错误"),
    "none": ("none", "无"),
    "pandas": ("pandas", "pandas"),
    "polars": ("Polars", "Polars"),
    "duckdb": ("DuckDB", "DuckDB"),
    "modin": ("Modin on Ray", "Modin（在 Ray 上）"),
    "ray_data": ("Ray Data", "Ray Data"),
    "pipeline": ("table pipeline", "表格"),
    "inference": ("classify photos", "分类"),
    "50 photos": ("50 photos", "50 张照片"),
    "400 photos": ("400 photos", "400 张照片"),
    "1M rows": ("1 million rows", "100 万行"),
    "4M rows": ("4 million rows", "400 万行"),
    "16M rows": ("16 million rows", "1600 万行"),
    "0.1M rows": ("100,000 rows", "10 万行"),
    "outcome": ("outcome", "结果"),
    "peak_megabytes": ("peak, MB", "内存峰值，MB"),
    "spilled_megabytes": ("spilled to disk, MB", "溢写到磁盘，MB"),
    "said": ("mentions memory", "是否提到内存"),
    "yes": ("yes", "是"),
    "no": ("no", "否"),
    "finished": ("finished", "完成"),
    "raised": ("ended with an error", "报错退出"),
    "killed": ("killed by the kernel", "被内核杀掉"),
    "timed out": ("did not finish in a minute", "1 分钟内没有完成"),
    "not_quick": ("A quick run does not measure this.", "快速运行不测这一项。"),
    "no_limit": ("Not measured: this system cannot limit memory.", "没有测量：这个系统无法限制内存。"),
    "bare": ("no server: models in a loop", "不经过服务，直接循环调用"),
    "plain_fastapi": ("plain FastAPI", "普通 FastAPI"),
    "tuned_fastapi": ("tuned FastAPI", "调优后的 FastAPI"),
    "litserve": ("LitServe", "LitServe"),
    "bentoml": ("BentoML", "BentoML"),
    "triton": ("Triton", "Triton"),
    "ray_serve": ("Ray Serve", "Ray Serve"),
    "ray_serve_haproxy": ("Ray Serve, HAProxy", "Ray Serve，HAProxy"),
    "server": ("server", "服务器"),
    "image": ("image", "图片"),
    "text": ("text", "文本"),
    "of the best": (" of the best", "（以最好的服务器为 100%）"),
    "first answer": ("first image answer, s", "得到首个响应的时间，秒"),
    "image MB": ("MB, image", "MB，图片"),
    "text MB": ("MB, text", "MB，文本"),
    "both MB": ("MB, both", "MB，两个模型"),
    "both image": ("images/s, both at once", "两个模型同时运行，图片/秒"),
    "both text": ("texts/s, both at once", "两个模型同时运行，文本/秒"),
    "failed": ("failed requests", "失败的请求 / 全部请求"),
    "unanswered": ("failed", "个失败"),
    "until back": ("seconds until the rate recovered", "每秒响应数恢复所需的秒数"),
    "own CPU": ("peak CPU use of the load generator, % of a core", "客户端自身的 CPU 占用，一个核的百分比"),
    "never back": ("not within 8 s", "8 秒内没有恢复"),
    "closed 1": ("1 client", "1 个客户端"),
    "closed 16": ("16 clients", "16 个客户端"),
    "closed 64": ("64 clients", "64 个客户端"),
    "title_rate": ("Requests per second (more is better)", "每秒请求数，条形越长越好"),
    "title_seconds": ("Seconds for the same work (less is better)", "同样工作所用的秒数，条形越短越好"),
}


def word(key, language="en"):
    """Return the word for a key, or the key itself if it is the same in all languages."""
    return WORDS[key][LANGUAGES.index(language)] if key in WORDS else key


def joined(one, other, language, by=":"):
    """Return two words with a colon or a comma between them."""
    return one + ({":": "：", ",": "，"}[by] if language == "zh" else f"{by} ") + other


def title(question, case, language):
    """Return the name of a case of a question."""
    return joined(word(question, language), word(case, language), language)
